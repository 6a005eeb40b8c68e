using Microsoft.AspNetCore.Mvc.ActionConstraints;

namespace Goterra.Api.Http;

/// <summary>
/// The action is for requests that accept <c>text/event-stream</c>. It takes precedence over others on the same route.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class EventStreamOnlyAttribute : Attribute, IActionConstraint
{
    public int Order => 0;

    public bool Accept(ActionConstraintContext context) => context.RouteContext.HttpContext.Request.Headers.Accept
        .Any(accept => accept?.Contains("text/event-stream", StringComparison.OrdinalIgnoreCase) == true);
}
