using Goterra.Api.Problems;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Serilog;

namespace Goterra.Api.Access;

/// <summary>
/// Holds the credential of a request against the deployment in its route, and puts the <see cref="Caller"/> into the request's features. It stands
/// after routing, which knows the deployment, and before anything that reads the body. Whether the deployment lives and the credential's epoch is
/// still its epoch is checked in the store, together with the data.
/// </summary>
internal sealed class DeploymentAuthMiddleware(RequestDelegate next, IDeploymentTokens tokens)
{
    public async Task InvokeAsync(HttpContext context, IDiagnosticContext log)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<DeploymentScopedAttribute>() is null)
        {
            await next(context);
            return;
        }

        var named = DeploymentId.TryParse((string?)context.GetRouteValue("id"), out var deployment);
        if (named)
            log.Set("Deployment", deployment);

        var (caller, problem) = await AuthenticateAsync(context.Request, named ? deployment : null);
        if (caller is null)
        {
            await ProblemResult.WriteAsync(context, problem!);
            return;
        }

        context.Features.Set(caller);
        await next(context);
    }

    private async Task<(Caller? Caller, ProblemBody? Problem)> AuthenticateAsync(HttpRequest request, DeploymentId? deployment)
    {
        var headers = request.Headers;
        if (headers.Authorization.Count == 0)
        {
            return (null, string.IsNullOrWhiteSpace(headers["X-API-Key"])
                ? ProblemBody.Of(401, "This needs the deployment's token: send the header 'Authorization: Bearer <token>'.")
                : ProblemBody.Of(403, "This API key does not open that deployment. Its token does: send the header 'Authorization: Bearer <token>'."));
        }

        if (headers.Authorization.Count > 1 || TokenOf(headers.Authorization!) is not { } token)
            return (null, ProblemBody.Of(401, "The Authorization header holds no token: it must be 'Bearer <token>', once."));

        var reading = await tokens.ReadAsync(token);
        return reading switch
        {
            { Verdict: TokenVerdict.Expired } => (null, ProblemBody.Of(401, "This token has expired. Get a new one from whoever owns the deployment.")),
            { Grant: null } => (null, ProblemBody.Of(401, "This is not a valid token of this server: it was damaged, cut, or made elsewhere.")),
            { Grant: var grant } when grant.Deployment != deployment => (null, ProblemBody.Of(403, "This token belongs to another deployment.")),
            { Grant: var grant } => (Caller.From(grant), null),
        };
    }

    /// <summary>Takes <c>Bearer TOKEN</c> and, as the original did, the bare token and extra blanks.</summary>
    private static string? TokenOf(string header)
    {
        var token = header.AsSpan().Trim();
        if (token.StartsWith("Bearer", StringComparison.OrdinalIgnoreCase) && (token.Length == 6 || char.IsWhiteSpace(token[6])))
            token = token[6..].Trim();
        return token.IsEmpty || token.ContainsAny(" \t") ? null : token.ToString();
    }
}
