using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Tokens;

namespace Goterra.Core.Services;

/// <summary>
/// Issues further tokens of a deployment, and revokes them. What is derived from a credential never exceeds it, and
/// carries its epochs.
/// </summary>
public sealed class TokenService(IAccessRepository repository, TokenIssuer issuer)
{
    /// <summary>
    /// Issues a token like the caller's, with a new lifetime. A narrowed token still ends with its first lifetime.
    /// </summary>
    public async Task<TokenOutcome> RenewAsync(Caller caller, string address, CancellationToken cancellationToken)
    {
        var now = issuer.Now;
        var request = Derived(caller, now, address) with
        {
            Lifetime = issuer.LifetimeUntil(caller.NotAfter, now),
            RenewalWindow = issuer.RenewalWindowFor(caller),
            CallerLeft = null,
        };
        var minted = await repository.MintAsync(request, cancellationToken);
        var expires = TokenIssuer.ExpiryOf(minted.Now, issuer.Options.TokenLifetime);
        if (caller.NotAfter < expires)
            expires = caller.NotAfter.Value;
        return issuer.Issue(
            minted, Grant(caller, expires) with { NotAfter = caller.NotAfter, TokenFamily = caller.TokenFamily });
    }

    /// <summary>Issues a token that allows less, or ends sooner. Its renewals end with its first lifetime.</summary>
    /// <param name="scope">Null for the caller's own.</param>
    /// <param name="lifetime">Null for the default.</param>
    public async Task<TokenOutcome> NarrowAsync(
        Caller caller, Scope? scope, TimeSpan? lifetime, string address, CancellationToken cancellationToken)
    {
        if (!caller.Scope.IsFull)
            return new TokenOutcome(new Outcome(OutcomeKind.OutOfScope));

        var now = issuer.Now;
        var request = Derived(caller, now, address) with { Lifetime = lifetime ?? issuer.Options.TokenLifetime };
        var minted = await repository.MintAsync(request, cancellationToken);
        var expires = TokenIssuer.ExpiryOf(minted.Now, minted.Lifetime);
        return issuer.Issue(minted, Grant(caller, expires) with
        {
            Scope = scope ?? caller.Scope,
            NotAfter = expires,
            TokenFamily = scope is null ? null : TokenIssuer.NewTokenFamily(),
        });
    }

    /// <summary>
    /// Revokes all tokens and tickets of the deployment, wakes waits that use one, and issues a new token for the
    /// caller.
    /// </summary>
    public async Task<TokenOutcome> RevokeAsync(Caller caller, string address, CancellationToken cancellationToken)
    {
        if (!caller.Scope.IsFull)
            return new TokenOutcome(new Outcome(OutcomeKind.OutOfScope));

        var now = issuer.Now;
        var request = Derived(caller, now, address) with { NewEpoch = TokenIssuer.NewEpoch() };
        var minted = await repository.MintAsync(request, cancellationToken);
        var expires = TokenIssuer.ExpiryOf(minted.Now, minted.Lifetime);
        return issuer.Issue(minted, Grant(caller, expires) with { NotAfter = caller.NotAfter });
    }

    private MintRequest Derived(Caller caller, DateTimeOffset now, string address)
    {
        var derived = issuer.LifetimeFor(caller, now);
        return new MintRequest(
            caller.Deployment,
            caller.Epoch,
            issuer.Options.TokenLifetime,
            derived.RenewalWindow,
            derived.CallerLeft,
            NewEpoch: null,
            new SecurityNote(caller.Uid, address));
    }

    private static TokenGrant Grant(Caller caller, DateTimeOffset expires) =>
        new(caller.Deployment, caller.Uid, caller.Epoch, caller.Scope, expires) { TicketName = caller.TicketName };
}
