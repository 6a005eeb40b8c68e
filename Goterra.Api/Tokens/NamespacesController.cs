using Goterra.Api.Access;
using Goterra.Api.Configuration;
using Goterra.Api.Http;
using Goterra.Api.Problems;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Microsoft.AspNetCore.Mvc;

namespace Goterra.Api.Tokens;

/// <summary>What a user has: deployments and namespaces.</summary>
[ApiController]
[TakesApiKey]
[Route("/store/-")]
[Tags("Access")]
public sealed class NamespacesController(IDeploymentIndex index, NamespaceService namespaces, PublicUrl url) : ControllerBase
{
    /// <summary>List the caller's own deployments</summary>
    /// <remarks>Those that the user of the API key made, the latest first, a page at a time.</remarks>
    /// <param name="user">Who asks.</param>
    /// <param name="page">Which page.</param>
    /// <param name="cancellationToken">The request was given up.</param>
    /// <response code="200">One page.</response>
    [HttpGet("deployments")]
    [ProducesResponseType<DeploymentsResponse>(200)]
    [ProducesProblem(400, 401, 403, 429, 503)]
    public async Task<ActionResult<DeploymentsResponse>> Deployments([FromRequest] User user, [FromQuery] PageQuery page, CancellationToken cancellationToken) =>
        DeploymentsResponse.From(await index.OfAsync(user.Identity, page.ToRequest(), cancellationToken));

    /// <summary>List the caller's namespaces</summary>
    /// <remarks>Where another service knows them and can only be asked for one at a time, the list is empty.</remarks>
    /// <param name="user">Who asks.</param>
    /// <response code="200">Each with the caller's role in it.</response>
    [HttpGet("namespaces")]
    [ProducesResponseType<NamespacesResponse>(200)]
    [ProducesProblem(401, 403, 429, 503)]
    public ActionResult<NamespacesResponse> Namespaces([FromRequest] User user) => NamespacesResponse.Of(user);

    /// <summary>List the deployments of a namespace</summary>
    /// <remarks>For its owners, and for admins. The latest first, a page at a time.</remarks>
    /// <param name="user">Who asks.</param>
    /// <param name="ns">The namespace.</param>
    /// <param name="page">Which page.</param>
    /// <param name="cancellationToken">The request was given up.</param>
    /// <response code="200">One page.</response>
    [HttpGet("namespaces/{ns}")]
    [ProducesResponseType<DeploymentsResponse>(200)]
    [ProducesProblem(400, 401, 403, 429, 503)]
    public async Task<ActionResult<DeploymentsResponse>> DeploymentsOf(
        [FromRequest] User user, [FromRoute] NamespaceName ns, [FromQuery] PageQuery page, CancellationToken cancellationToken) =>
        await namespaces.MayAsync(user, ns, cancellationToken)
            ? DeploymentsResponse.From(await index.OfAsync(ns, page.ToRequest(), cancellationToken))
            : NotOwner();

    /// <summary>Make a token for all deployments of a namespace</summary>
    /// <remarks>For its owners, and for admins. It opens those still to come, too. It creates nothing, and can't be renewed: this makes the next one.</remarks>
    /// <param name="user">Who asks.</param>
    /// <param name="ns">The namespace.</param>
    /// <param name="cancellationToken">The request was given up.</param>
    /// <response code="200">The token. It is shown this once.</response>
    [HttpPost("namespaces/{ns}/token")]
    [ProducesResponseType<NamespaceTokenResponse>(200)]
    [ProducesProblem(400, 401, 403, 429, 503, 507)]
    public async Task<ActionResult<NamespaceTokenResponse>> Token([FromRequest] User user, [FromRoute] NamespaceName ns, CancellationToken cancellationToken) =>
        await namespaces.MayAsync(user, ns, cancellationToken)
            ? NamespaceTokenResponse.From(await namespaces.IssueAsync(user, ns, cancellationToken), url.For(HttpContext))
            : NotOwner();

    /// <summary>Revoke all tokens of a namespace</summary>
    /// <remarks>Those that were made with them, too. The deployments' other tokens stay good. The answer has a new one for the caller.</remarks>
    /// <param name="user">Who asks.</param>
    /// <param name="ns">The namespace.</param>
    /// <param name="cancellationToken">The request was given up.</param>
    /// <response code="200">They are revoked. The new token is shown this once.</response>
    [HttpPost("namespaces/{ns}/revoke")]
    [ProducesResponseType<NamespaceTokenResponse>(200)]
    [ProducesProblem(400, 401, 403, 429, 503, 507)]
    public async Task<ActionResult<NamespaceTokenResponse>> Revoke([FromRequest] User user, [FromRoute] NamespaceName ns, CancellationToken cancellationToken) =>
        await namespaces.MayAsync(user, ns, cancellationToken)
            ? NamespaceTokenResponse.From(await namespaces.RevokeAsync(user, ns, cancellationToken), url.For(HttpContext))
            : NotOwner();

    private static ProblemResult NotOwner() => new(ProblemBody.Of(403, "This user does not own that namespace, or there is none of that name."));
}
