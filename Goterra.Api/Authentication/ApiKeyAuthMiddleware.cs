using Goterra.Api.Errors;
using Goterra.Core.Access;
using Goterra.Core.Model;

namespace Goterra.Api.Authentication;

/// <summary>
/// For requests that concern no deployment: finds the user of the API key or session token, and sets the
/// <see cref="User"/> as a feature of the request. Runs after routing, which selects the action, and before anything
/// that reads the body.
/// </summary>
internal sealed class ApiKeyAuthMiddleware(RequestDelegate next, ApiKeyUsers users, SessionUsers sessions)
{
    public Task InvokeAsync(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<TakesApiKeyAttribute>() is { } taken
            ? AuthenticateAsync(context, taken)
            : next(context);

    private async Task AuthenticateAsync(HttpContext context, TakesApiKeyAttribute taken)
    {
        var (user, problem) = await FindUserAsync(context);
        if (user is not null && user.Identity == Owner.Anonymous && !taken.AllowsAnonymous)
            (user, problem) = (null, ApiKeyUsers.KeyRequired);
        if (user is null)
        {
            await ProblemResult.WriteAsync(context, problem!);
            return;
        }

        context.Features.Set(user);
        await next(context);
    }

    // Like the original server, ignores a token when something is created or changed.
    private Task<(User? User, ProblemBody? Problem)> FindUserAsync(HttpContext context)
    {
        var headers = context.Request.Headers;
        return SessionUsers.Allows(context.Request.Method) && headers["X-API-Key"].Count == 0
            && BearerToken.Of(headers.Authorization) is { } token && sessions.MayKnow(token)
                ? FindSessionUserAsync(context, token)
                : users.FindAsync(context, context.RequestAborted);
    }

    private async Task<(User? User, ProblemBody? Problem)> FindSessionUserAsync(HttpContext context, string token)
    {
        var (user, problem) = await sessions.FindAsync(context, token, context.RequestAborted);
        return user is null && problem is null ? (null, SessionUsers.Unknown) : (user, problem);
    }
}
