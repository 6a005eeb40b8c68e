using Goterra.Api.Errors;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Services;

namespace Goterra.Api.Authentication;

/// <summary>
/// Checks the credential of a request against the deployment in its route, and sets the <see cref="Caller"/> as a
/// feature of the request. Runs after routing, which parses the route, and before anything that reads the body. Whether
/// the deployment exists and the epochs of a token are current is checked in the store, together with the data.
/// </summary>
internal sealed class DeploymentAuthMiddleware(
    RequestDelegate next, DeploymentAccess access, ApiKeyUsers users, SessionUsers sessions, RedemptionRate rate)
{
    private const string SessionReadsOnly =
        "A session token of the platform allows reading only (GET, HEAD). To write, use the token of the deployment, "
        + "or an API key ('X-API-Key: <key>').";

    public async Task InvokeAsync(HttpContext context)
    {
        var metadata = context.GetEndpoint()?.Metadata;
        if (metadata?.GetMetadata<DeploymentScopedAttribute>() is null)
        {
            await next(context);
            return;
        }

        var isValid = DeploymentId.TryParse((string?)context.GetRouteValue("id"), out var deployment);
        if (isValid && context.Features.Get<RequestLogProperties>() is { } properties)
            properties.Deployment = deployment;

        if (metadata.GetMetadata<NeedsNoCredentialAttribute>() is not null)
        {
            if (rate.TryAcquire(context))
                await next(context);
            else
                await ProblemResult.WriteAsync(context, rate.Problem);
            return;
        }

        var (caller, problem) = await AuthenticateAsync(context, isValid ? deployment : null);
        if (caller is null)
        {
            await ProblemResult.WriteAsync(context, problem!);
            return;
        }

        context.Features.Set(caller);
        await next(context);
    }

    private async Task<(Caller? Caller, ProblemBody? Problem)> AuthenticateAsync(
        HttpContext context, DeploymentId? deployment)
    {
        var headers = context.Request.Headers;
        if (headers.Authorization.Count > 0)
        {
            return BearerToken.Of(headers.Authorization) is { } token
                ? await AuthenticateTokenAsync(context, token, deployment)
                : (null,
                    ProblemBody.Of(401, "The Authorization header has no token: it must be 'Bearer <token>', once."));
        }

        if (string.IsNullOrWhiteSpace(headers["X-API-Key"]))
        {
            return (null, ProblemBody.Of(
                401,
                "A credential is required: the token of the deployment ('Authorization: Bearer <token>'), or the "
                + "API key of a user with access to it ('X-API-Key: <key>')."));
        }

        var (user, problem) = await users.FindAsync(context, context.RequestAborted);
        if (user is null)
            return (null, problem);
        return From(deployment is { } id
            ? await access.AuthorizeUserAsync(user, id, context.RequestAborted)
            : new Admission(AdmissionKind.NotAllowed));
    }

    private async Task<(Caller? Caller, ProblemBody? Problem)> AuthenticateTokenAsync(
        HttpContext context, string token, DeploymentId? deployment)
    {
        var admission = await access.AuthenticateTokenAsync(token, deployment, context.RequestAborted);
        if (admission.Kind != AdmissionKind.InvalidToken || !sessions.MayKnow(token))
            return From(admission);

        var (user, problem) = await sessions.FindAsync(context, token, context.RequestAborted);
        if (user is null)
            return problem is null ? From(admission) : (null, problem);
        if (!SessionUsers.Allows(context.Request.Method))
            return (null, ProblemBody.Of(403, SessionReadsOnly));
        admission = deployment is { } id
            ? await access.AuthorizeUserAsync(user, id, context.RequestAborted)
            : new Admission(AdmissionKind.NotAllowed);
        return admission.Kind == AdmissionKind.NotAllowed
            ? (null, ProblemBody.Of(403, "The user of this session has no access to the deployment."))
            : From(admission);
    }

    private static (Caller? Caller, ProblemBody? Problem) From(Admission admission) => admission.Kind switch
    {
        AdmissionKind.Admitted => (admission.Caller, null),
        AdmissionKind.RevokedToken => (null, OutcomeProblems.For(new Outcome(OutcomeKind.Revoked)).Problem),
        AdmissionKind.InvalidToken => (null, ProblemBody.Of(
            401, "Invalid token: it is damaged, truncated, or was not issued by this server.")),
        AdmissionKind.AnotherDeployment => (null, ProblemBody.Of(403, "This token belongs to another deployment.")),
        AdmissionKind.NotAllowed => (null, ProblemBody.Of(
            403,
            "This API key has no access to the deployment. Use its token: send the header 'Authorization: Bearer "
            + "<token>'.")),
        AdmissionKind.Gone => (null, OutcomeProblems.For(new Outcome(OutcomeKind.Gone)).Problem),
        AdmissionKind.Unknown => (null, ProblemBody.Of(404, "Deployment not found.")),
        _ => throw new InvalidOperationException($"{admission.Kind} has no problem."),
    };
}
