namespace Goterra.Core.Access;

/// <summary>
/// The epochs that a credential is bound to: that of its deployment, that of the namespace it was issued for, or both;
/// the tickets that it derives from; and when it expires. At every use, the epochs must be the current ones and the
/// tickets not revoked. All are checked in the same store call as the data, the expiry by the clock of the store.
/// Revocation replaces the current epoch.
/// </summary>
public sealed record EpochProof
{
    /// <summary>Not bound to any epoch: an API key, whose user was looked up for this request.</summary>
    public static readonly EpochProof None = new(null, null);

    /// <exception cref="ArgumentException">An epoch is empty: a missing epoch must never be taken for
    /// "any".</exception>
    public EpochProof(string? deployment, string? ofNamespace = null, string? tickets = null)
    {
        if (deployment?.Length == 0 || ofNamespace?.Length == 0 || tickets?.Length == 0)
            throw new ArgumentException("An epoch is never empty.");
        (Deployment, Namespace, Tickets) = (deployment, ofNamespace, tickets);
    }

    /// <summary>Null if the credential is not bound to the deployment's epoch.</summary>
    public string? Deployment { get; }

    /// <summary>Null if the credential does not derive from a token of the namespace.</summary>
    public string? Namespace { get; }

    /// <summary>
    /// The ids of the tickets that the credential derives from, separated by dots, the first one first: a token of a
    /// ticket with full scope can create further tickets. Null if there are none.
    /// </summary>
    public string? Tickets { get; }

    /// <summary>When the credential expires; null for an API key.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>Keeps the epochs out of logs.</summary>
    public override string ToString() => "EpochProof";
}
