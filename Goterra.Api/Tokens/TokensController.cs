using Goterra.Api.Access;
using Goterra.Api.Configuration;
using Goterra.Api.Http;
using Goterra.Api.Problems;
using Goterra.Core;
using Goterra.Core.Access;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ModelBinding;

namespace Goterra.Api.Tokens;

/// <summary>Further tokens of a deployment, and their end.</summary>
[ApiController]
[DeploymentScoped]
[Route("/store/{id}")]
[Tags("Access")]
public sealed class TokensController(TokenService tokens, PublicUrl url) : ControllerBase
{
    /// <summary>Make another token: a renewal, or a narrower one</summary>
    /// <remarks>
    /// Without a body, or with <c>{}</c>: a token with the caller's scope and a new lifetime; a narrowed one ends with its first lifetime all the same. With
    /// <c>read</c> or <c>write</c>, for full credentials only: one that reads and writes just that. With <c>ttl</c> alone: one that ends then, and so do its renewals.
    /// A full token can be renewed for 30 days after the deployment was made, unless <c>token.renewable_for</c> says otherwise; later on an API key makes new ones.
    /// </remarks>
    /// <param name="caller">Who asks.</param>
    /// <param name="request">What the new token shall reach.</param>
    /// <param name="cancellationToken">The request was given up.</param>
    /// <response code="200">The new token. It is shown this once; the old one stays good.</response>
    /// <response code="403">The credential is for another deployment, is narrowed and can't make others, or the deployment is too old for it to be renewed.</response>
    [HttpPost("token")]
    [ProducesResponseType<TokenResponse>(200)]
    [ProducesProblem(400, 401, 403, 404, 410, 429, 503, 507)]
    public async Task<ActionResult<TokenResponse>> Make(
        [FromRequest] Caller caller, [FromBody(EmptyBodyBehavior = EmptyBodyBehavior.Allow)] TokenRequest? request, CancellationToken cancellationToken)
    {
        TimeSpan? lifetime = Duration.TryParse(request?.Ttl, out var ttl) ? ttl : null;
        var scope = request?.ToScope();
        return Answer(lifetime is null && scope is null
            ? await tokens.RenewAsync(caller, ClientAddress.Of(HttpContext), cancellationToken)
            : await tokens.NarrowAsync(caller, scope, lifetime, ClientAddress.Of(HttpContext), cancellationToken));
    }

    /// <summary>Revoke every token and ticket of the deployment</summary>
    /// <remarks>
    /// All that were issued so far are worthless from now on, and whoever waits or watches with one is told so. The answer has a new one for the caller. Tokens of the
    /// deployment's namespace are not concerned.
    /// </remarks>
    /// <param name="caller">Who asks.</param>
    /// <param name="cancellationToken">The request was given up.</param>
    /// <response code="200">They are revoked. The new token is shown this once.</response>
    [HttpPost("revoke")]
    [ProducesResponseType<TokenResponse>(200)]
    [ProducesProblem(400, 401, 403, 404, 410, 429, 503, 507)]
    public async Task<ActionResult<TokenResponse>> Revoke([FromRequest] Caller caller, CancellationToken cancellationToken) =>
        Answer(await tokens.RevokeAsync(caller, ClientAddress.Of(HttpContext), cancellationToken));

    private ActionResult<TokenResponse> Answer(TokenOutcome made) =>
        made.Issued is null ? OutcomeProblems.For(made.Outcome) : TokenResponse.From(made.Issued, url.For(HttpContext));
}
