using System.Collections.Concurrent;
using Microsoft.AspNetCore.Mvc.Controllers;

namespace Goterra.Api.Authentication;

/// <summary>The name of the action that a request calls, for the audit log: <c>values.put</c>.</summary>
internal static class AuditedAction
{
    private static readonly ConcurrentDictionary<ControllerActionDescriptor, string> Names = [];

    public static string? Of(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<ControllerActionDescriptor>() is { } action
            ? Names.GetOrAdd(action, static one => $"{one.ControllerName}.{one.ActionName}".ToLowerInvariant())
            : null;
}
