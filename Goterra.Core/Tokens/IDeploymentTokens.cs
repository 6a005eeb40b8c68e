using Goterra.Core.Access;
using Goterra.Core.Model;

namespace Goterra.Core.Tokens;

/// <summary>Issues and validates tokens for one deployment, and for all deployments of a namespace.</summary>
public interface IDeploymentTokens
{
    string Issue(TokenGrant grant);

    string Issue(NamespaceGrant grant);

    /// <summary>
    /// Validates signature, algorithm, audience and the format of every claim. The store validates the expiry, by its
    /// own clock.
    /// </summary>
    ValueTask<TokenReading> ReadAsync(string token);
}

/// <summary>The claims of a deployment token.</summary>
/// <param name="Epoch">Always includes the deployment's epoch; also the namespace's, if the token derives from one of
/// the namespace.</param>
/// <param name="Expires">In whole seconds (RFC 7519, NumericDate).</param>
public sealed record TokenGrant(
    DeploymentId Deployment, string Uid, EpochProof Epoch, Scope Scope, DateTimeOffset Expires)
{
    /// <summary>The latest expiry of its renewals; null if the age of the deployment decides.</summary>
    public DateTimeOffset? NotAfter { get; init; }

    /// <summary>For a narrowed scope: random, and the same in all renewals.</summary>
    public string? TokenFamily { get; init; }

    /// <summary>The name of the ticket that it derives from; null if there is none.</summary>
    public string? TicketName { get; init; }

    public Caller ToCaller() => new(Deployment, Uid, Epoch with { Expires = Expires }, Scope, Expires)
    {
        NotAfter = NotAfter,
        TokenFamily = TokenFamily,
        TicketName = TicketName,
    };
}

/// <summary>The claims of a namespace token, which gives full access to all deployments of the namespace.</summary>
public sealed record NamespaceGrant(NamespaceName Namespace, string Uid, string Epoch, DateTimeOffset Expires)
{
    /// <summary>Keeps the epoch out of logs.</summary>
    public override string ToString() => $"NamespaceGrant {Namespace}";

    public Caller ToCaller(DeploymentId deployment) =>
        new(deployment, Uid, new EpochProof(null, Epoch) { Expires = Expires }, Scope.Full, Expires)
        {
            NotAfter = Expires,
        };
}

/// <summary>
/// The result of validating a token. One of the grants is set if the status is <see cref="TokenStatus.Good"/>.
/// </summary>
public readonly record struct TokenReading(
    TokenStatus Status, TokenGrant? Grant = null, NamespaceGrant? NamespaceGrant = null);

public enum TokenStatus
{
    /// <summary>
    /// Not a token of this server: malformed, or with a wrong signature, algorithm, audience or claim.
    /// </summary>
    Invalid,

    Good,
}
