using Goterra.Api.Authentication;
using Goterra.Api.Errors;
using Goterra.Api.Http;
using Goterra.Core.Model;
using Goterra.Core.Services;
using Goterra.Core.Tokens;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ModelBinding;

namespace Goterra.Api.Tokens;

/// <summary>Further tokens of a deployment, and their revocation.</summary>
[Route("/store/{id}")]
[Tags("Access")]
public sealed class TokensController(TokenService tokens, PublicUrl url) : DeploymentControllerBase
{
    /// <summary>Issue another token: a renewal, or a narrower one</summary>
    /// <remarks>
    /// Without a body, or with <c>{}</c>: a token with the caller's scope and a new lifetime; a narrowed one still ends
    /// with its first lifetime. With <c>read</c> or <c>write</c>: one that may read and write only these keys. With
    /// <c>observe</c>: one that shows all keys, waits, hints and events, but no values. With <c>ttl</c> only: one that
    /// expires then, including renewals. The latter three require a full credential. A full
    /// token can be renewed for 30 days after the creation of the deployment, unless <c>token.renewable_for</c> is set;
    /// after that, an API key is required.
    /// </remarks>
    /// <param name="request">Scope and lifetime of the new token.</param>
    /// <response code="200">The new token. It is shown only once; the old one remains valid.</response>
    /// <response code="403">The credential is for another deployment, is narrowed and cannot issue others, or the
    /// deployment is too old for it to be renewed.</response>
    [HttpPost("token")]
    [ProducesResponseType<TokenResponse>(200)]
    [ProducesProblem(400, 401, 403, 404, 410, 429, 503, 507)]
    public async Task<ActionResult<TokenResponse>> Make(
        [FromBody(EmptyBodyBehavior = EmptyBodyBehavior.Allow)] TokenRequest? request)
    {
        TimeSpan? lifetime = Duration.TryParse(request?.Ttl, out var ttl) ? ttl : null;
        var scope = request?.ToScope();
        return From(lifetime is null && scope is null
            ? await tokens.RenewAsync(Caller, ClientAddress.Of(HttpContext), Aborted)
            : await tokens.NarrowAsync(Caller, scope, lifetime, ClientAddress.Of(HttpContext), Aborted));
    }

    /// <summary>Revoke all tokens and tickets of the deployment</summary>
    /// <remarks>
    /// All tokens and tickets issued so far become invalid, and requests that wait or watch with one end. Returns a new
    /// token for the caller. Tokens of the deployment's namespace are not affected.
    /// </remarks>
    /// <response code="200">The tokens are revoked. The new token is shown only once.</response>
    [HttpPost("revoke")]
    [ProducesResponseType<TokenResponse>(200)]
    [ProducesProblem(400, 401, 403, 404, 410, 429, 503, 507)]
    public async Task<ActionResult<TokenResponse>> Revoke() =>
        From(await tokens.RevokeAsync(Caller, ClientAddress.Of(HttpContext), Aborted));

    private ActionResult<TokenResponse> From(TokenOutcome outcome) =>
        outcome.Issued is null
            ? OutcomeProblems.For(outcome.Outcome)
            : TokenResponse.From(outcome.Issued, url.For(HttpContext));
}
