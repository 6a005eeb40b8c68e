using Goterra.Core.Deployments;

namespace Goterra.Core.Access;

/// <summary>Makes and reads tokens: those that open one deployment and no other, and those that open all of a namespace.</summary>
public interface IDeploymentTokens
{
    string Issue(TokenGrant grant);

    string Issue(NamespaceGrant grant);

    /// <summary>Checks signature, algorithm, audience, expiry (without clock skew) and the shape of every claim.</summary>
    ValueTask<TokenReading> ReadAsync(string token);
}

/// <summary>What a deployment's token says.</summary>
/// <param name="Epoch">Always bound to an epoch of the deployment; also to the namespace's, where it was made with a token of that.</param>
/// <param name="Expires">In whole seconds (RFC 7519, NumericDate): what is announced is what counts.</param>
public sealed record TokenGrant(DeploymentId Deployment, string Uid, EpochProof Epoch, Scope Scope, DateTimeOffset Expires)
{
    /// <summary>No renewal lives longer than this; null where the deployment's age decides.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>With a narrowed scope: random, the same through all renewals.</summary>
    public string? Line { get; init; }

    /// <summary>Keeps the epoch out of anything that prints records.</summary>
    public override string ToString() => $"TokenGrant {Deployment}";
}

/// <summary>What a namespace's token says: everything in all of its deployments.</summary>
public sealed record NamespaceGrant(NamespaceName Namespace, string Uid, string Epoch, DateTimeOffset Expires)
{
    /// <summary>Keeps the epoch out of anything that prints records.</summary>
    public override string ToString() => $"NamespaceGrant {Namespace}";
}

/// <summary>What came of reading a token; one of the grants is there when the verdict is <see cref="TokenVerdict.Good"/>.</summary>
public readonly record struct TokenReading(TokenVerdict Verdict, TokenGrant? Grant = null, NamespaceGrant? NamespaceGrant = null);

public enum TokenVerdict
{
    /// <summary>No token of this server: not parsable, wrong signature, algorithm, audience or claims.</summary>
    Invalid,

    /// <summary>It was good, and its time is over.</summary>
    Expired,

    Good,
}
