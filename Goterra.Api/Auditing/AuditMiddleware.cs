using System.Collections.Concurrent;
using System.Text;
using System.Threading.RateLimiting;
using Goterra.Api.Authentication;
using Goterra.Api.Http;
using Goterra.Core.Access;
using Goterra.Core.Model;
using Microsoft.AspNetCore.Mvc.Controllers;

namespace Goterra.Api.Auditing;

/// <summary>
/// Audits each request that takes a credential: an API key, or one of a deployment. Left out are the answers to waits
/// that go on, and what one client network is refused beyond 100 times a minute: guesses must not push out the rest.
/// </summary>
internal sealed class AuditMiddleware(RequestDelegate next, AuditLog audit, TimeProvider time) : IDisposable
{
    private const int MaxDeniedPerMinute = 100;

    private readonly ConcurrentDictionary<ControllerActionDescriptor, string> _actions = [];
    private readonly PartitionedRateLimiter<string> _denied =
        ClientNetwork.CreateLimiter<string>(MaxDeniedPerMinute, TimeSpan.FromMinutes(1));

    public Task InvokeAsync(HttpContext context)
    {
        var metadata = context.GetEndpoint()?.Metadata;
        if (metadata?.GetMetadata<ControllerActionDescriptor>() is not { } action
            || (metadata.GetMetadata<TakesApiKeyAttribute>() is null
                && metadata.GetMetadata<DeploymentScopedAttribute>() is null))
            return next(context);

        if (context.Features.Get<RequestLogProperties>() is null)
            context.Features.Set(new RequestLogProperties());
        var key = context.Request.RouteValues.ContainsKey("key") ? KeyOf(context) : null;

        // Not before: the status of an exception is known only then.
        context.Response.OnCompleted(() =>
        {
            Write(context, action, key);
            return Task.CompletedTask;
        });
        return next(context);
    }

    public void Dispose() => _denied.Dispose();

    private void Write(HttpContext context, ControllerActionDescriptor action, string? key)
    {
        var status = context.Response.StatusCode;
        if (IsUnmetWait(context, status) || IsOneOfMany(context, status))
            return;

        var (caller, properties) = (context.Features.Get<Caller>(), context.Features.Get<RequestLogProperties>());
        var name = _actions.GetOrAdd(
            action, static one => $"{one.ControllerName}.{one.ActionName}".ToLowerInvariant());
        audit.Write(new AuditEntry(time.GetUtcNow(), name, status, ClientAddress.Of(context))
        {
            Deployment = properties?.Deployment?.ToString(),
            Key = properties?.Key?.Text ?? key,
            User = RequestLogProperties.UserOf(context),
            Token = caller?.TokenFamily,
            Ticket = caller?.TicketName,
        });
    }

    private static bool IsUnmetWait(HttpContext context, int status) =>
        status == StatusCodes.Status404NotFound && context.Request.Query.ContainsKey("wait");

    private bool IsOneOfMany(HttpContext context, int status)
    {
        if (status is not (StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden))
            return false;
        using var lease = _denied.AttemptAcquire(ClientAddress.NetworkOf(context).ToString());
        return !lease.IsAcquired;
    }

    private static string? KeyOf(HttpContext context) =>
        RequestPath.Of(context).Key is { } key && RequestPath.TryDecode(key, out var decoded)
        && ValueKey.TryParse(Encoding.UTF8.GetString(decoded), out var parsed, out _)
            ? parsed.Text
            : null;
}
