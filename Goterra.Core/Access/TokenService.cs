using System.Security.Cryptography;
using Goterra.Core.Deployments;

namespace Goterra.Core.Access;

/// <summary>Makes further tokens of a deployment, and revokes them. What is derived from a credential never exceeds it, and carries its epochs.</summary>
public sealed class TokenService(IAccessRepository repository, IDeploymentTokens tokens, AccessOptions options, TimeProvider time)
{
    /// <summary>Makes a token like the caller's, with a new lifetime. A narrowed one ends with its first lifetime all the same.</summary>
    public async Task<TokenOutcome> RenewAsync(Caller caller, string address, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var expires = WholeSeconds(now + options.TokenLifetime);
        if (caller.Until < expires)
            expires = caller.Until.Value;

        var window = caller.HasApiKey || caller.Until is not null ? null : (TimeSpan?)options.RenewableFor;
        var request = new MintRequest(caller.Deployment, caller.Epoch, expires - now, window, CallerLeft: null, NewEpoch: null, new SecurityNote(caller.Uid, address));
        return Issue(await repository.MintAsync(request, cancellationToken), Grant(caller, expires) with { Until = caller.Until, Line = caller.Line });
    }

    /// <summary>Makes a token that may do less, or ends sooner. Its renewals end with its first lifetime.</summary>
    /// <param name="scope">Null for the caller's own.</param>
    /// <param name="lifetime">Null for that of any token.</param>
    public async Task<TokenOutcome> NarrowAsync(Caller caller, NarrowScope? scope, TimeSpan? lifetime, string address, CancellationToken cancellationToken)
    {
        if (!caller.Scope.IsFull)
            return new TokenOutcome(new Outcome(OutcomeKind.OutOfScope));

        // Before the call, however long that takes: what is derived never outlives what it comes from.
        var now = time.GetUtcNow();
        var minting = await repository.MintAsync(Derived(caller, lifetime ?? options.TokenLifetime, newEpoch: null, address), cancellationToken);
        var expires = WholeSeconds(now + minting.Lifetime);
        return Issue(minting, Grant(caller, expires) with { Scope = scope ?? caller.Scope, Until = expires, Line = scope is null ? null : NewLine() });
    }

    /// <summary>Makes every token and ticket of the deployment so far worthless, wakes whoever waits with one, and gives the caller a new one.</summary>
    public async Task<TokenOutcome> RevokeAsync(Caller caller, string address, CancellationToken cancellationToken)
    {
        if (!caller.Scope.IsFull)
            return new TokenOutcome(new Outcome(OutcomeKind.OutOfScope));

        var now = time.GetUtcNow();
        var minting = await repository.MintAsync(Derived(caller, options.TokenLifetime, NewEpoch(), address), cancellationToken);
        return Issue(minting, Grant(caller, WholeSeconds(now + minting.Lifetime)) with { Until = caller.Until });
    }

    public static string NewEpoch() => RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>Names a narrowed credential through its renewals.</summary>
    public static string NewLine() => RandomNumberGenerator.GetHexString(16, lowercase: true);

    /// <summary>A token tells its expiry in whole seconds (RFC 7519, NumericDate): what is announced is what counts.</summary>
    public static DateTimeOffset WholeSeconds(DateTimeOffset instant) => DateTimeOffset.FromUnixTimeSeconds(instant.ToUnixTimeSeconds());

    private MintRequest Derived(Caller caller, TimeSpan lifetime, string? newEpoch, string address)
    {
        var reach = TokenReach.Of(caller, options, time);
        return new MintRequest(caller.Deployment, caller.Epoch, lifetime, reach.Window, reach.Left, newEpoch, new SecurityNote(caller.Uid, address));
    }

    // The epoch is the one that was current when the store let the token be made; until then it is nobody's.
    private static TokenGrant Grant(Caller caller, DateTimeOffset expires) => new(caller.Deployment, caller.Uid, caller.Epoch, caller.Scope, expires);

    private TokenOutcome Issue(Minting minting, TokenGrant grant)
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

        var token = tokens.Issue(grant with { Epoch = new EpochProof(minting.Epoch, grant.Epoch.Namespace) });
        return new TokenOutcome(Outcome.Done, new IssuedToken(grant.Deployment, token, grant.Expires, minting.DeploymentExpires));
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
