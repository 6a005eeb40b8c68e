using Goterra.Api.Problems;
using Goterra.Core.Access;
using Microsoft.AspNetCore.Mvc.Filters;

namespace Goterra.Api.Http;

/// <summary>
/// <c>/store/{id}/</c> is a key that was left empty, not the deployment: <c>DELETE /store/$ID/$KEY</c> with an unset variable must not delete everything.
/// Routing takes both paths for the same.
/// </summary>
internal sealed class EmptyKeyFilter : IResourceFilter
{
    public void OnResourceExecuting(ResourceExecutingContext context)
    {
        if (context.HttpContext.Features.Get<Caller>() is not null && RawPath.KeyOf(RawPath.Of(context.HttpContext)) == "")
            context.Result = new ProblemResult(ProblemBody.BadInput("key", "the path ends with '/' and no key; the deployment itself has no '/' at its end"));
    }

    public void OnResourceExecuted(ResourceExecutedContext context)
    {
    }
}
