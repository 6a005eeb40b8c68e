using Goterra.Api.Access;
using Goterra.Api.Configuration;
using Goterra.Api.Http;
using Goterra.Api.Problems;
using Goterra.Api.Tokens;
using Goterra.Core;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Microsoft.AspNetCore.Mvc;

namespace Goterra.Api.Deployments;

/// <summary>What belongs to no deployment: the version, and making one.</summary>
[ApiController]
[Route("/store")]
[Tags("Deployments")]
public sealed class StoreController(DeploymentCreation creation, NamespaceService namespaces, PublicUrl url) : ControllerBase
{
    /// <summary>The server's version</summary>
    /// <remarks>Needs no credentials.</remarks>
    /// <response code="200">The server is there.</response>
    [HttpGet, HttpHead]
    [Tags("Operations")]
    [ProducesResponseType<VersionResponse>(200)]
    public ActionResult<VersionResponse> Version() => new VersionResponse(ServerVersion.Text, "ok");

    /// <summary>Create a deployment</summary>
    /// <remarks>
    /// Answers 200 with the address, the id and a token that opens this deployment and no other. Where anonymous creation is allowed, no API key is needed and
    /// any that is sent is ignored. The body may be empty.
    /// </remarks>
    /// <param name="user">Who asks.</param>
    /// <param name="request">How the deployment shall be.</param>
    /// <param name="ns">The namespace in which to create it.</param>
    /// <param name="cancellationToken">The request was given up.</param>
    /// <response code="200">The deployment was created. The token is shown this once.</response>
    /// <response code="400">The body is malformed.</response>
    /// <response code="403">The API key may not create deployments, or not in this namespace.</response>
    /// <response code="503">The store can't be reached.</response>
    [HttpPost]
    [TakesApiKey(AllowsAnonymous = true)]
    [ProducesResponseType<TokenResponse>(200)]
    [ProducesProblem(400, 403, 429, 503, 507)]
    public async Task<ActionResult<TokenResponse>> Create(
        [FromRequest] User user,
        [FromBody(EmptyBodyBehavior = Microsoft.AspNetCore.Mvc.ModelBinding.EmptyBodyBehavior.Allow)] CreateDeploymentRequest? request,
        [FromHeader(Name = "X-API-NS")] string? ns,
        CancellationToken cancellationToken)
    {
        NamespaceName? name = null;
        if (!string.IsNullOrEmpty(ns) && !NamespaceName.TryParse(ns, out name))
            return new ProblemResult(ProblemBody.BadInput("X-API-NS", NamespaceName.Format));
        if (name is not null && !await namespaces.MayCreateAsync(user, name, cancellationToken))
            return new ProblemResult(NotInNamespace(user));

        TimeSpan? lifetime = Duration.TryParse(request?.Ttl, out var ttl) ? ttl : null;
        return TokenResponse.From(await creation.CreateAsync(user, name, request?.Name, lifetime, cancellationToken), url.For(HttpContext));
    }

    private static ProblemBody NotInNamespace(User user) => ProblemBody.Of(403, user.Identity == Owner.Anonymous
        ? "An anonymous user belongs to no namespace. Leave the header X-API-NS out."
        : "This user is neither owner nor member of that namespace, or there is none of that name.");
}
