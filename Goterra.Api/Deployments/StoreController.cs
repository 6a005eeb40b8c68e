using Goterra.Api.Authentication;
using Goterra.Api.Errors;
using Goterra.Api.Http;
using Goterra.Api.Tokens;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Services;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ModelBinding;

namespace Goterra.Api.Deployments;

/// <summary>What does not concern an existing deployment: the version, and creating deployments.</summary>
[ApiController]
[Route("/store")]
[Tags("Deployments")]
public sealed class StoreController(DeploymentCreation creation, CreationLimits limits, PublicUrl url) : ControllerBase
{
    internal const string AnonymousHasNoNamespace = "Anonymous users have no namespaces. Omit the header X-API-NS.";
    internal const string KeyIsReused =
        "This Idempotency-Key was already used for a different creation: another namespace or body. Use a new "
        + "one for each deployment.";
    internal const string KeyIsSpent =
        "The deployment that this Idempotency-Key created has ended, or its tokens were revoked. Use a new key.";
    private const string NotInNamespace =
        "This user is neither owner nor member of the namespace, or it does not exist.";

    /// <summary>The server's version</summary>
    /// <remarks>Requires no credential.</remarks>
    /// <response code="200">The server is running.</response>
    [HttpGet, HttpHead]
    [Tags("Operations")]
    [ProducesResponseType<VersionResponse>(200)]
    public ActionResult<VersionResponse> Version() => new VersionResponse(ServerVersion.Text, "ok");

    /// <summary>Create a deployment</summary>
    /// <remarks>
    /// Returns the address of the server, the id of the deployment, and a token that gives access to this deployment
    /// only. If anonymous creation is enabled, no API key is required; an unknown one is ignored unless users or an
    /// auth service are configured. The body may be empty. Repeated with the same <c>Idempotency-Key</c> within
    /// 24 h, by the same user, for the same namespace and with the same body, the request returns the same deployment,
    /// with a new token.
    /// </remarks>
    /// <param name="user">The user of the API key.</param>
    /// <param name="request">The properties of the new deployment.</param>
    /// <param name="ns">The namespace in which to create it.</param>
    /// <param name="idempotency">The Idempotency-Key.</param>
    /// <param name="cancellationToken">Canceled if the client disconnects.</param>
    /// <response code="200">The deployment is created. The token is shown only once.</response>
    /// <response code="400">The body is malformed.</response>
    /// <response code="403">The API key does not allow creating deployments, or not in this namespace.</response>
    /// <response code="410">The deployment that the <c>Idempotency-Key</c> created has ended, or its tokens were
    /// revoked.</response>
    /// <response code="413">The user has too many deployments, or too many were created anonymously from this
    /// address.</response>
    /// <response code="422">The <c>Idempotency-Key</c> belongs to another creation: another namespace or
    /// body.</response>
    /// <response code="429">Too many deployments created in a minute, or too many wrong API keys: the problem names the
    /// limit.</response>
    /// <response code="503">The store is unavailable.</response>
    [HttpPost]
    [TakesApiKey(AllowsAnonymous = true)]
    [ProducesResponseType<TokenResponse>(200)]
    [ProducesProblem(400, 403, 410, 413, 422, 429, 503, 507)]
    public async Task<ActionResult<TokenResponse>> Create(
        [FromRequest] User user,
        [FromBody(EmptyBodyBehavior = EmptyBodyBehavior.Allow)] CreateDeploymentRequest? request,
        [FromHeader(Name = "X-API-NS")] string? ns,
        [FromRequest] IdempotencyHeader idempotency,
        CancellationToken cancellationToken)
    {
        if (user.Identity == Owner.Anonymous
            && idempotency.Key is { } key && key.Key.Value.Length < CreationKey.MinAnonymousLength)
        {
            return new ProblemResult(ProblemBody.BadInput(
                IdempotencyHeader.Name,
                $"without an API key, it is a credential: it must be random, and have at least "
                + $"{CreationKey.MinAnonymousLength} characters"));
        }

        NamespaceName? name = null;
        if (!string.IsNullOrEmpty(ns) && !NamespaceName.TryParse(ns, out name))
            return new ProblemResult(ProblemBody.BadInput("X-API-NS", NamespaceName.Format));

        if (limits.Check(user, HttpContext) is { } problem)
            return new ProblemResult(problem);

        TimeSpan? lifetime = Duration.TryParse(request?.Ttl, out var ttl) ? ttl : null;
        var created = await creation.CreateAsync(
            user,
            new CreationRequest(
                name, request?.Name?.Value, lifetime, idempotency.Key, ClientAddress.Of(HttpContext)),
            cancellationToken);
        if (created.Issued is { } made && HttpContext.Features.Get<RequestLogProperties>() is { } properties)
            properties.Deployment = made.Deployment;
        return created switch
        {
            { Issued: { } issued } => TokenResponse.From(issued, url.For(HttpContext)),
            { Outcome.Kind: OutcomeKind.OutOfScope } => new ProblemResult(ProblemBody.Of(
                403, user.Identity == Owner.Anonymous ? AnonymousHasNoNamespace : NotInNamespace)),
            { Outcome.Kind: OutcomeKind.Gone } => new ProblemResult(ProblemBody.Of(410, KeyIsSpent)),
            { Outcome.Kind: OutcomeKind.IdempotencyKeyReused } => new ProblemResult(ProblemBody.Of(422, KeyIsReused)),
            _ => OutcomeProblems.For(created.Outcome),
        };
    }
}

/// <summary>The server's version.</summary>
/// <param name="Version">As in the changelog.</param>
/// <param name="Message">Always <c>ok</c>.</param>
public sealed record VersionResponse(string Version, string Message);
