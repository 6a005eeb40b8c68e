using System.Security.Cryptography;
using Goterra.Core.Deployments;

namespace Goterra.Core.Access;

/// <summary>Makes further tokens of a deployment, and revokes them. What is derived from a credential never exceeds it, and carries its epochs.</summary>
public sealed class TokenService(IAccessRepository repository, IDeploymentTokens tokens, AccessOptions options, TimeProvider time)
{
    /// <summary>Makes a token like the caller's, with a new lifetime. A narrowed one ends with its first lifetime all the same.</summary>
    public async Task<TokenOutcome> RenewAsync(Caller caller, CancellationToken cancellationToken)
    {
        var lifetime = options.TokenLifetime;
        if (caller.Until is { } until && until - time.GetUtcNow() is var left && left < lifetime)
            lifetime = left;

        var window = caller.HasApiKey || caller.Until is not null ? null : (TimeSpan?)options.RenewableFor;
        var request = new MintRequest(caller.Deployment, caller.Epoch, lifetime, window, CallerLeft: null, NewEpoch: null, $"renewed by {caller.Uid}");
        return Issue(caller, caller.Scope, caller.Until, caller.Line, await repository.MintAsync(request, cancellationToken));
    }

    /// <summary>Makes a token that may do less, or ends sooner. Its renewals end with its first lifetime.</summary>
    /// <param name="scope">Null for the caller's own.</param>
    /// <param name="lifetime">Null for that of any token.</param>
    public async Task<TokenOutcome> NarrowAsync(Caller caller, NarrowScope? scope, TimeSpan? lifetime, CancellationToken cancellationToken)
    {
        if (!caller.Scope.IsFull)
            return new TokenOutcome(new Outcome(OutcomeKind.OutOfScope));

        var request = Derived(caller, lifetime ?? options.TokenLifetime, newEpoch: null, $"made by {caller.Uid}");
        var minting = await repository.MintAsync(request, cancellationToken);
        var line = scope is null ? null : RandomNumberGenerator.GetHexString(16, lowercase: true);
        return Issue(caller, scope ?? caller.Scope, WholeSeconds(time.GetUtcNow() + minting.Lifetime), line, minting);
    }

    /// <summary>Makes every token and ticket of the deployment so far worthless, wakes whoever waits with one, and gives the caller a new one.</summary>
    public async Task<TokenOutcome> RevokeAsync(Caller caller, CancellationToken cancellationToken)
    {
        if (!caller.Scope.IsFull)
            return new TokenOutcome(new Outcome(OutcomeKind.OutOfScope));

        var epoch = NewEpoch();
        var minting = await repository.MintAsync(Derived(caller, options.TokenLifetime, epoch, $"by {caller.Uid}"), cancellationToken);
        return Issue(caller, caller.Scope, caller.Until, line: null, minting);
    }

    public static string NewEpoch() => RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>A token tells its expiry in whole seconds (RFC 7519, NumericDate): what is announced is what counts.</summary>
    public static DateTimeOffset WholeSeconds(DateTimeOffset instant) => DateTimeOffset.FromUnixTimeSeconds(instant.ToUnixTimeSeconds());

    private MintRequest Derived(Caller caller, TimeSpan lifetime, string? newEpoch, string words)
    {
        // Of a caller that ends for good, nothing lives longer; any other could renew itself as long as the deployment's age allows.
        var left = caller.Expires - time.GetUtcNow();
        var window = caller.HasApiKey ? null : caller.Until is null ? options.RenewableFor : (TimeSpan?)TimeSpan.Zero;
        return new MintRequest(caller.Deployment, caller.Epoch, lifetime, window, left, newEpoch, words);
    }

    private TokenOutcome Issue(Caller caller, Scope scope, DateTimeOffset? until, string? line, Minting minting)
    {
        switch (minting.Status)
        {
            case MintStatus.Gone:
                return new TokenOutcome(new Outcome(OutcomeKind.Gone));
            case MintStatus.Revoked:
                return new TokenOutcome(new Outcome(OutcomeKind.Revoked));
            case MintStatus.Closed:
                return new TokenOutcome(new Outcome(OutcomeKind.RenewalOver));
        }

        var grant = new TokenGrant(
            caller.Deployment, caller.Uid, new EpochProof(minting.Epoch, caller.Epoch.Namespace), scope, WholeSeconds(time.GetUtcNow() + minting.Lifetime))
        {
            Until = until,
            Line = line,
        };
        return new TokenOutcome(Outcome.Done, new IssuedToken(grant.Deployment, tokens.Issue(grant), grant.Expires, minting.DeploymentExpires));
    }
}

/// <summary>The token is there when the outcome is <see cref="OutcomeKind.Done"/>.</summary>
public sealed record TokenOutcome(Outcome Outcome, IssuedToken? Issued = null);

/// <param name="DeploymentExpires">Null: the deployment lives until it is deleted.</param>
public sealed record IssuedToken(DeploymentId Deployment, string Token, DateTimeOffset Expires, DateTimeOffset? DeploymentExpires)
{
    /// <summary>Keeps the token out of anything that prints records.</summary>
    public override string ToString() => $"IssuedToken {Deployment}";
}
