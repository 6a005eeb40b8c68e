using Goterra.Api.Errors;
using Goterra.Core.Access;
using Microsoft.AspNetCore.Mvc.Filters;

namespace Goterra.Api.Http;

/// <summary>
/// Rejects <c>/store/{id}/</c>, which routing does not distinguish from the deployment: <c>DELETE /store/$ID/$KEY</c>
/// with an unset variable must not delete everything.
/// </summary>
internal sealed class EmptyKeyFilter : IResourceFilter
{
    public const string Error = "the path ends with '/' and no key; for the deployment itself, omit the '/'";

    public void OnResourceExecuting(ResourceExecutingContext context)
    {
        if (context.HttpContext.Features.Get<Caller>() is not null && RequestPath.Of(context.HttpContext).Key == "")
            context.Result = new ProblemResult(ProblemBody.BadInput("key", Error));
    }

    public void OnResourceExecuted(ResourceExecutedContext context)
    {
    }
}
