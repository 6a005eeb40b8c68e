using Goterra.Api.Errors;
using Goterra.Core.Access;
using Goterra.Core.Model;

namespace Goterra.Api.Authentication;

/// <summary>
/// For requests that concern no deployment: finds the user of the API key, and sets the <see cref="User"/> as a feature
/// of the request. Runs after routing, which selects the action, and before anything that reads the body.
/// </summary>
internal sealed class ApiKeyAuthMiddleware(RequestDelegate next, ApiKeyUsers users)
{
    public Task InvokeAsync(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<TakesApiKeyAttribute>() is { } taken
            ? AuthenticateAsync(context, taken)
            : next(context);

    private async Task AuthenticateAsync(HttpContext context, TakesApiKeyAttribute taken)
    {
        var (user, problem) = await users.FindAsync(context, context.RequestAborted);
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
}
