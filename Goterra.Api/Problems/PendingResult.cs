using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;

namespace Goterra.Api.Problems;

/// <summary>
/// "Not yet" as an answer that stock tools repeat by themselves: 503 with Retry-After and no body, which such tools would print.
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
