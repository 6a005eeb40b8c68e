using System.Security.Cryptography;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;

namespace Goterra.Core.Tokens;

/// <summary>Issues tokens, and decides how long they and what derives from them may live.</summary>
public sealed class TokenIssuer(IDeploymentTokens tokens, AccessOptions options, TimeProvider time)
{
    /// <summary>
    /// By the clock of this instance. What expires counts from the time that the store returns, whose clock decides.
    /// </summary>
    public DateTimeOffset Now => time.GetUtcNow();

    public AccessOptions Options => options;

    public static string NewEpoch() => RandomNumberGenerator.GetHexString(32, lowercase: true);

    public static string NewTicketId() => RandomNumberGenerator.GetHexString(16, lowercase: true);

    public static string NewTokenFamily() => RandomNumberGenerator.GetHexString(16, lowercase: true);

    /// <summary>
    /// The expiry in whole seconds, as a token states it (RFC 7519, NumericDate): what is announced is what counts.
    /// </summary>
    public static DateTimeOffset ExpiryOf(DateTimeOffset now, TimeSpan lifetime) =>
        DateTimeOffset.FromUnixTimeSeconds((now + lifetime).ToUnixTimeSeconds());

    /// <summary>How long something derived from the caller's credential may live.</summary>
    public DerivedLifetime LifetimeFor(Caller caller, DateTimeOffset now) => new(
        caller.HasApiKey ? null : caller.NotAfter is null ? options.RenewableFor : TimeSpan.Zero,
        caller.Expires - now);

    /// <summary>
    /// How long after the creation of the deployment the caller can renew its token; null for no end, or one fixed in
    /// the token.
    /// </summary>
    public TimeSpan? RenewalWindowFor(Caller caller) =>
        caller.HasApiKey || caller.NotAfter is not null ? null : options.RenewableFor;

    /// <summary>The default lifetime, or what is left of it until <paramref name="notAfter"/>.</summary>
    public TimeSpan LifetimeUntil(DateTimeOffset? notAfter, DateTimeOffset now) =>
        notAfter - now is { } left && left < options.TokenLifetime ? left : options.TokenLifetime;

    /// <summary>Issues a token for a deployment that was just created or opened.</summary>
    public IssuedToken Issue(TokenGrant grant, DateTimeOffset? deploymentExpires) =>
        new(grant.Deployment, tokens.Issue(grant), grant.Expires, deploymentExpires);

    /// <summary>Issues a token if the store allowed it. It carries the epoch that was current at that moment.</summary>
    public TokenOutcome Issue(MintResult minted, TokenGrant grant) => minted.Status == OutcomeKind.Done
        ? new TokenOutcome(
            Outcome.Done,
            Issue(
                grant with { Epoch = new EpochProof(minted.Epoch, grant.Epoch.Namespace, grant.Epoch.Tickets) },
                minted.DeploymentExpires))
        : new TokenOutcome(new Outcome(minted.Status));

    public NamespaceToken Issue(NamespaceName name, string uid, string epoch)
    {
        var grant = new NamespaceGrant(name, uid, epoch, ExpiryOf(Now, options.TokenLifetime));
        return new NamespaceToken(name, tokens.Issue(grant), grant.Expires);
    }
}

/// <summary>
/// How long something derived from a credential may live: as long as the credential itself, or as long as that could be
/// renewed. The store applies it, because only the store knows the age of the deployment by its own clock.
/// </summary>
/// <param name="RenewalWindow">The time after the creation of the deployment in which its tokens can be renewed; null
/// for no end.</param>
/// <param name="CallerLeft">The time until the caller's credential expires.</param>
public readonly record struct DerivedLifetime(TimeSpan? RenewalWindow, TimeSpan CallerLeft);
