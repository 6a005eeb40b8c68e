using Goterra.Core.Deployments;

namespace Goterra.Core.Access;

/// <summary>
/// The epochs that a credential is bound to: that of its deployment, that of the namespace it comes from, or both. Each of them must be the current one at
/// every use, read in the same store call as the data; whatever revokes replaces the current one.
/// </summary>
public sealed record EpochProof
{
    /// <summary>Bound to no epoch: an API key, whose user was looked up for this very request.</summary>
    public static readonly EpochProof None = new(null, null);

    /// <exception cref="ArgumentException">An epoch is empty: a missing one must never be taken for "any".</exception>
    public EpochProof(string? deployment, string? ofNamespace = null)
    {
        if (deployment?.Length == 0 || ofNamespace?.Length == 0)
            throw new ArgumentException("An epoch is never empty.");
        (Deployment, Namespace) = (deployment, ofNamespace);
    }

    /// <summary>Null where the credential is bound to none of the deployment's.</summary>
    public string? Deployment { get; }

    /// <summary>Null where the credential does not come from a namespace's token.</summary>
    public string? Namespace { get; }

    public bool HoldsIn(DeploymentHead head) =>
        (Deployment is null || Deployment == head.Epoch) && (Namespace is null || Namespace == head.NamespaceEpoch);

    /// <summary>Keeps the epochs out of anything that prints records.</summary>
    public override string ToString() => "EpochProof";
}
