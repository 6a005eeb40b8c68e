using Goterra.Api.Problems;
using Goterra.Core.Access;
using Goterra.Core.Deployments;

namespace Goterra.Api.Access;

/// <summary>
/// Holds the credential of a request against the deployment in its route, and puts the <see cref="Caller"/> into the request's features. It stands
/// after routing, which knows the deployment, and before anything that reads the body. Whether the deployment lives and a token's epochs are
/// still the current ones is checked in the store, together with the data.
/// </summary>
internal sealed class DeploymentAuthMiddleware(RequestDelegate next, DeploymentAccess access, ApiKeyUsers users, FailedAttempts failed)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var metadata = context.GetEndpoint()?.Metadata;
        if (metadata?.GetMetadata<DeploymentScopedAttribute>() is null)
        {
            await next(context);
            return;
        }

        var named = DeploymentId.TryParse((string?)context.GetRouteValue("id"), out var deployment);
        if (named && context.Features.Get<RequestSubject>() is { } subject)
            subject.Deployment = deployment;

        if (metadata.GetMetadata<NeedsNoCredentialAttribute>() is not null)
        {
            await RedeemAsync(context);
            return;
        }

        var (caller, problem) = await AuthenticateAsync(context, named ? deployment : null);
        if (caller is null)
        {
            await ProblemResult.WriteAsync(context, problem!);
            return;
        }

        context.Features.Set(caller);
        await next(context);
    }

    // The credential is in the body: what comes of it is what tells whether it was good.
    private async Task RedeemAsync(HttpContext context)
    {
        if (!failed.Allows(context))
        {
            await ProblemResult.WriteAsync(context, failed.Problem);
            return;
        }

        await next(context);
        if (context.Response.StatusCode == StatusCodes.Status410Gone)
            failed.Count(context);
    }

    private async Task<(Caller? Caller, ProblemBody? Problem)> AuthenticateAsync(HttpContext context, DeploymentId? deployment)
    {
        var headers = context.Request.Headers;
        if (headers.Authorization.Count > 0)
        {
            return headers.Authorization.Count == 1 && TokenOf(headers.Authorization!) is { } token
                ? Answer(await access.ByTokenAsync(token, deployment, context.RequestAborted))
                : (null, ProblemBody.Of(401, "The Authorization header holds no token: it must be 'Bearer <token>', once."));
        }

        if (string.IsNullOrWhiteSpace(headers["X-API-Key"]))
            return (null, ProblemBody.Of(401, "This needs the deployment's token: send the header 'Authorization: Bearer <token>'; or the API key of somebody who may: 'X-API-Key: <key>'."));

        var (user, problem) = await users.WhoIsAsync(context, context.RequestAborted);
        if (user is null)
            return (null, problem);
        return Answer(deployment is null ? new Admission(AdmissionKind.NotYours) : await access.ByUserAsync(user, deployment.Value, context.RequestAborted));
    }

    private static (Caller? Caller, ProblemBody? Problem) Answer(Admission admission) => admission.Kind switch
    {
        AdmissionKind.Admitted => (admission.Caller, null),
        AdmissionKind.ExpiredToken => (null, ProblemBody.Of(401, "This token has expired. Get a new one from whoever owns the deployment.")),
        AdmissionKind.RevokedToken => (null, ProblemBody.Of(401, "This token was revoked. Get a new one from whoever owns the deployment.")),
        AdmissionKind.InvalidToken => (null, ProblemBody.Of(401, "This is not a valid token of this server: it was damaged, cut, or made elsewhere.")),
        AdmissionKind.AnotherDeployment => (null, ProblemBody.Of(403, "This token belongs to another deployment.")),
        AdmissionKind.NotYours => (null, ProblemBody.Of(403, "This API key does not open that deployment. Its token does: send the header 'Authorization: Bearer <token>'.")),
        AdmissionKind.Gone => (null, OutcomeProblems.For(new Core.Outcome(Core.OutcomeKind.Gone)).Problem),
        AdmissionKind.Unknown => (null, ProblemBody.Of(404, "There is no such deployment.")),
        _ => throw new InvalidOperationException($"Nobody is told {admission.Kind}."),
    };

    /// <summary>Takes <c>Bearer TOKEN</c> and, as the original did, the bare token and extra blanks.</summary>
    private static string? TokenOf(string header)
    {
        var token = header.AsSpan().Trim();
        if (token.StartsWith("Bearer", StringComparison.OrdinalIgnoreCase) && (token.Length == 6 || char.IsWhiteSpace(token[6])))
            token = token[6..].Trim();
        return token.IsEmpty || token.ContainsAny(" \t") ? null : token.ToString();
    }
}
