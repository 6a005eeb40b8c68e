using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;

namespace Goterra.Api.Errors;

/// <summary>
/// "Not yet", for tools that retry on 503 by themselves: with Retry-After, and without a body, which such tools would
/// print.
/// </summary>
internal sealed class PendingResult : ActionResult
{
    public override void ExecuteResult(ActionContext context)
    {
        if (context.HttpContext.Features.Get<IStatusCodePagesFeature>() is { } pages)
            pages.Enabled = false;
        context.HttpContext.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.HttpContext.Response.Headers.RetryAfter = "1";
    }
}
