using Goterra.Api.Authentication;
using Goterra.Api.Errors;
using Goterra.Api.Http;
using Goterra.Api.Tokens;
using Goterra.Core.Access;
using Goterra.Core.Model;
using Goterra.Core.Services;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ModelBinding;

namespace Goterra.Api.Deployments;

/// <summary>What does not concern an existing deployment: the version, and creating deployments.</summary>
[ApiController]
[Route("/store")]
[Tags("Deployments")]
public sealed class StoreController(DeploymentCreation creation, CreationRate rate, PublicUrl url) : ControllerBase
{
    internal const string AnonymousHasNoNamespace = "Anonymous users have no namespaces. Omit the header X-API-NS.";
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
    /// only. If anonymous creation is enabled, no API key is required; an unknown one is ignored unless users or an auth
    /// service are configured. The body may be empty.
    /// </remarks>
    /// <param name="user">The user of the API key.</param>
    /// <param name="request">The properties of the new deployment.</param>
    /// <param name="ns">The namespace in which to create it.</param>
    /// <param name="cancellationToken">Canceled if the client disconnects.</param>
    /// <response code="200">The deployment is created. The token is shown only once.</response>
    /// <response code="400">The body is malformed.</response>
    /// <response code="403">The API key does not allow creating deployments, or not in this namespace.</response>
    /// <response code="429">Too many deployments created in a minute, or too many wrong API keys: the problem names the
    /// limit.</response>
    /// <response code="503">The store is unavailable.</response>
    [HttpPost]
    [TakesApiKey(AllowsAnonymous = true)]
    [ProducesResponseType<TokenResponse>(200)]
    [ProducesProblem(400, 403, 429, 503, 507)]
    public async Task<ActionResult<TokenResponse>> Create(
        [FromRequest] User user,
        [FromBody(EmptyBodyBehavior = EmptyBodyBehavior.Allow)] CreateDeploymentRequest? request,
        [FromHeader(Name = "X-API-NS")] string? ns,
        CancellationToken cancellationToken)
    {
        NamespaceName? name = null;
        if (!string.IsNullOrEmpty(ns) && !NamespaceName.TryParse(ns, out name))
            return new ProblemResult(ProblemBody.BadInput("X-API-NS", NamespaceName.Format));

        if (!rate.TryAcquire(user, HttpContext))
            return new ProblemResult(rate.Problem);

        TimeSpan? lifetime = Duration.TryParse(request?.Ttl, out var ttl) ? ttl : null;
        return await creation.CreateAsync(
            user, new CreationRequest(name, request?.Name?.Value, lifetime), cancellationToken) is { } created
            ? TokenResponse.From(created, url.For(HttpContext))
            : new ProblemResult(ProblemBody.Of(
                403, user.Identity == Owner.Anonymous ? AnonymousHasNoNamespace : NotInNamespace));
    }
}

/// <summary>The server's version.</summary>
/// <param name="Version">As in the changelog.</param>
/// <param name="Message">Always <c>ok</c>.</param>
public sealed record VersionResponse(string Version, string Message);
