using Goterra.Api.Authentication;
using Goterra.Api.Errors;
using Goterra.Api.Http;
using Goterra.Core.Access;
using Goterra.Core.Model;
using Goterra.Core.Services;
using Goterra.Core.Tokens;
using Microsoft.AspNetCore.Mvc;

namespace Goterra.Api.Namespaces;

/// <summary>The deployments and namespaces of a user.</summary>
[ApiController]
[TakesApiKey]
[Route("/store/-")]
[Tags("Access")]
public sealed class NamespacesController(NamespaceService namespaces, PublicUrl url) : ControllerBase
{
    private const string NotAdmin = "Only an admin can list the deployments of all users.";

    /// <summary>List the caller's own deployments</summary>
    /// <remarks>
    /// The deployments that the user of the API key created, latest first, in pages; for an admin with <c>all=true</c>
    /// those of all users and namespaces.
    /// </remarks>
    /// <param name="user">The user of the API key.</param>
    /// <param name="whose">Whose deployments.</param>
    /// <param name="page">Which page.</param>
    /// <param name="cancellationToken">Canceled if the client disconnects.</param>
    /// <response code="200">One page.</response>
    [HttpGet("deployments")]
    [ProducesResponseType<DeploymentsResponse>(200)]
    [ProducesProblem(400, 401, 403, 429, 503)]
    public async Task<ActionResult<DeploymentsResponse>> Deployments(
        [FromRequest] User user, [FromQuery] AllQuery whose, [FromQuery] PageQuery page,
        CancellationToken cancellationToken)
    {
        var listed = whose.All is true
            ? await namespaces.ListAllAsync(user, page.ToRequest(), cancellationToken)
            : await namespaces.ListOwnAsync(user, page.ToRequest(), cancellationToken);
        return listed is null ? new ProblemResult(ProblemBody.Of(403, NotAdmin)) : DeploymentsResponse.From(listed);
    }

    /// <summary>List the caller's namespaces</summary>
    /// <remarks>Empty if the namespaces are managed by a service that has to be asked for each one.</remarks>
    /// <param name="user">The user of the API key.</param>
    /// <response code="200">The namespaces, with the caller's role in each.</response>
    [HttpGet("namespaces")]
    [ProducesResponseType<NamespacesResponse>(200)]
    [ProducesProblem(401, 403, 429, 503)]
    public ActionResult<NamespacesResponse> Namespaces([FromRequest] User user) => NamespacesResponse.Of(user);

    /// <summary>List the deployments of a namespace</summary>
    /// <remarks>For owners of the namespace, and admins. Latest first, in pages.</remarks>
    /// <param name="user">The user of the API key.</param>
    /// <param name="ns">The namespace.</param>
    /// <param name="page">Which page.</param>
    /// <param name="cancellationToken">Canceled if the client disconnects.</param>
    /// <response code="200">One page.</response>
    [HttpGet("namespaces/{ns}")]
    [ProducesResponseType<DeploymentsResponse>(200)]
    [ProducesProblem(400, 401, 403, 429, 503)]
    public async Task<ActionResult<DeploymentsResponse>> DeploymentsOf(
        [FromRequest] User user, [FromRoute] NamespaceName ns, [FromQuery] PageQuery page,
        CancellationToken cancellationToken) =>
        await namespaces.ListAsync(user, ns, page.ToRequest(), cancellationToken) is { } deployments
            ? DeploymentsResponse.From(deployments)
            : NotOwner();

    /// <summary>Issue a token for all deployments of a namespace</summary>
    /// <remarks>
    /// For owners of the namespace, and admins. The token gives access to future deployments too. It cannot create
    /// deployments, and cannot be renewed: issue another one.
    /// </remarks>
    /// <param name="user">The user of the API key.</param>
    /// <param name="ns">The namespace.</param>
    /// <param name="cancellationToken">Canceled if the client disconnects.</param>
    /// <response code="200">The token. It is shown only once.</response>
    [HttpPost("namespaces/{ns}/token")]
    [ProducesResponseType<NamespaceTokenResponse>(200)]
    [ProducesProblem(400, 401, 403, 429, 503, 507)]
    public async Task<ActionResult<NamespaceTokenResponse>> Token(
        [FromRequest] User user, [FromRoute] NamespaceName ns, CancellationToken cancellationToken) =>
        From(await namespaces.IssueAsync(user, ns, cancellationToken));

    /// <summary>Revoke all tokens of a namespace</summary>
    /// <remarks>
    /// Also those that derive from them. Other tokens of its deployments remain valid. Returns a new token for the
    /// caller.
    /// </remarks>
    /// <param name="user">The user of the API key.</param>
    /// <param name="ns">The namespace.</param>
    /// <param name="cancellationToken">Canceled if the client disconnects.</param>
    /// <response code="200">The tokens are revoked. The new token is shown only once.</response>
    [HttpPost("namespaces/{ns}/revoke")]
    [ProducesResponseType<NamespaceTokenResponse>(200)]
    [ProducesProblem(400, 401, 403, 429, 503, 507)]
    public async Task<ActionResult<NamespaceTokenResponse>> Revoke(
        [FromRequest] User user, [FromRoute] NamespaceName ns, CancellationToken cancellationToken) =>
        From(await namespaces.RevokeAsync(user, ns, cancellationToken));

    private ActionResult<NamespaceTokenResponse> From(NamespaceToken? issued) =>
        issued is null ? NotOwner() : NamespaceTokenResponse.From(issued, url.For(HttpContext));

    private static ProblemResult NotOwner() =>
        new(ProblemBody.Of(403, "This user does not own the namespace, or it does not exist."));
}
