using Goterra.Api.Problems;
using Goterra.Core.Access;

namespace Goterra.Api.Access;

/// <summary>
/// For what belongs to no deployment: finds the user behind the API key, and puts the <see cref="User"/> into the request's features. It stands after
/// routing, which knows the action, and before anything that reads the body.
/// </summary>
internal sealed class ApiKeyAuthMiddleware(RequestDelegate next, ApiKeyUsers users)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<TakesApiKeyAttribute>() is not { } taken)
        {
            await next(context);
            return;
        }

        var (user, problem) = await users.WhoIsAsync(context, context.RequestAborted);
        if (user is not null && user.Identity == Owner.Anonymous && !taken.AllowsAnonymous)
            (user, problem) = (null, ProblemBody.Of(401, "This needs the API key of a user: send the header 'X-API-Key: <key>'."));
        if (user is null)
        {
            await ProblemResult.WriteAsync(context, problem!);
            return;
        }

        context.Features.Set(user);
        await next(context);
    }
}
