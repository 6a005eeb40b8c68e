using Goterra.Api.Access;
using Goterra.Api.Configuration;
using Goterra.Api.Problems;
using Goterra.Core;
using Goterra.Core.Deployments;
using Microsoft.AspNetCore.Mvc;

namespace Goterra.Api.Deployments;

/// <summary>What belongs to no deployment: the version, and making one.</summary>
[ApiController]
[Route("/store")]
[Tags("Deployments")]
public sealed class StoreController(DeploymentCreation creation, PublicUrl url) : ControllerBase
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
    /// <param name="request">How the deployment shall be.</param>
    /// <param name="ns">The namespace in which to create it.</param>
    /// <param name="cancellationToken">The request was given up.</param>
    /// <response code="200">The deployment was created. The token is shown this once.</response>
    /// <response code="400">The body is malformed.</response>
    /// <response code="403">The API key may not create deployments, or not in this namespace.</response>
    /// <response code="503">The store can't be reached.</response>
    [HttpPost]
    [TakesApiKey]
    [ProducesResponseType<CreateDeploymentResponse>(200)]
    [ProducesProblem(400, 403, 503)]
    public async Task<ActionResult<CreateDeploymentResponse>> Create(
        [FromBody(EmptyBodyBehavior = Microsoft.AspNetCore.Mvc.ModelBinding.EmptyBodyBehavior.Allow)] CreateDeploymentRequest? request,
        [FromHeader(Name = "X-API-NS")] string? ns,
        CancellationToken cancellationToken)
    {
        if (!string.IsNullOrEmpty(ns))
            return new ProblemResult(ProblemBody.Of(403, "An anonymous user belongs to no namespace. Leave the header X-API-NS out."));

        TimeSpan? lifetime = Duration.TryParse(request?.Ttl, out var ttl) ? ttl : null;

        // Not a parameter: those are logged at trace level.
        var created = await creation.CreateAsync(Request.Headers["X-API-Key"], request?.Name, lifetime, cancellationToken);
        return created is null
            ? new ProblemResult(ProblemBody.Of(403, "Nobody may create deployments here yet. Allow it to everybody who reaches this server with "
                + "'features.anonymous: true' in its configuration, or GOT_FEAT_ANONYMOUS=1 in its environment."))
            : CreateDeploymentResponse.From(created, url.For(HttpContext));
    }
}
