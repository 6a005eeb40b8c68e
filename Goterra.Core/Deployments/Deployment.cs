using System.Text;
using System.Text.Json.Serialization;
using Goterra.Core.Access;
using Goterra.Core.Model;

namespace Goterra.Core.Deployments;

/// <summary>The properties of a deployment. They are not stored among its keys.</summary>
/// <param name="Updated">When a value was last stored or removed; for a narrowed credential, when the latest of the
/// values that it sees was stored.</param>
/// <param name="Revision">Null if the caller may not see it.</param>
public sealed record Deployment(
    DeploymentId Id,
    Owner Owner,
    NamespaceName? Namespace,
    string? Name,
    DateTimeOffset Created,
    DateTimeOffset Updated,
    DateTimeOffset? Expires,
    long? Revision)
{
    /// <summary>The reason of the oldest open failure; null if the deployment is active.</summary>
    public string? FailedBecause { get; init; }

    /// <summary>The open failures, oldest first. Only in a <see cref="DeploymentListing"/>.</summary>
    public IReadOnlyList<DeploymentFailure> Failures { get; init; } = [];

    /// <summary>The state, for display.</summary>
    public string State => FailedBecause is null ? "active" : "failed";
}

/// <summary>What is needed of a deployment at each access, read in the same store call as the data.</summary>
/// <param name="Epoch">Random; tokens of an earlier epoch are revoked.</param>
/// <param name="TimeLeft">The remaining lifetime by the store's clock; null if the deployment lives until it is
/// deleted.</param>
/// <param name="Failures">How often the deployment was declared failed. A wait notices a failure even if it was taken
/// back meanwhile.</param>
/// <param name="Failed">Whether it is failed now.</param>
/// <param name="OpenFailure">Decrypts the oldest open failure or, if none is open, the last one that was taken back;
/// null if there was none.</param>
public sealed record DeploymentHead(
    string Epoch,
    TimeSpan? TimeLeft,
    long Failures = 0,
    bool Failed = false,
    [property: JsonIgnore] Func<FailureNote>? OpenFailure = null)
{
    /// <summary>See <see cref="OpenFailure"/>. Most reads do not need it.</summary>
    public FailureNote? Failure => OpenFailure?.Invoke();

    /// <summary>The current epoch of its namespace; null if it has none.</summary>
    public string? NamespaceEpoch { get; init; }

    /// <summary>The ids of revoked tickets whose tokens may still exist, separated by dots.</summary>
    public string RevokedTickets { get; init; } = "";

    /// <summary>The time of the reading, by the store's clock.</summary>
    public DateTimeOffset Now { get; init; }

    /// <summary>Decides whether the caller may access the deployment now.</summary>
    /// <param name="head">Null if the deployment does not exist.</param>
    /// <param name="caller">The caller, whose credential is for this deployment.</param>
    /// <returns>Null if it may.</returns>
    public static Outcome? Deny(DeploymentHead? head, Caller caller) => head switch
    {
        null => new Outcome(OutcomeKind.Gone),
        _ when caller.Epoch.Expires <= head.Now =>
            new Outcome(OutcomeKind.CredentialExpired, Expires: caller.Epoch.Expires),
        _ when !head.Accepts(caller.Epoch) => new Outcome(OutcomeKind.Revoked),
        _ => null,
    };

    /// <summary>The time until the caller's credential expires, counted from the reading.</summary>
    /// <param name="head">Null if the deployment does not exist.</param>
    /// <param name="caller">The caller.</param>
    /// <param name="now">By the clock of this instance, which counts for API keys.</param>
    public static TimeSpan CredentialLeft(DeploymentHead? head, Caller caller, DateTimeOffset now) =>
        caller.Epoch.Expires is { } expires && head is not null ? expires - head.Now : caller.Expires - now;

    private bool Accepts(EpochProof proof) =>
        (proof.Deployment is null || proof.Deployment == Epoch)
            && (proof.Namespace is null || proof.Namespace == NamespaceEpoch)
            && !IsRevoked(proof.Tickets, RevokedTickets);

    /// <param name="tickets">See <see cref="EpochProof.Tickets"/>.</param>
    /// <param name="revoked">See <see cref="RevokedTickets"/>.</param>
    public static bool IsRevoked(string? tickets, string revoked) =>
        revoked.Length > 0 && tickets is not null && tickets.Split('.').Intersect(revoked.Split('.')).Any();

    /// <summary>Keeps epoch and reason out of logs.</summary>
    public override string ToString() => $"DeploymentHead, failed {Failed}";
}

/// <summary>A key and the properties of its value, without the value.</summary>
/// <param name="Size">The length of the value in bytes.</param>
/// <param name="OpenWriter">Decrypts who stored the value; null if that is not known.</param>
public sealed record KeyInfo(
    string Key, long Size, EntityTag Tag, DateTimeOffset Updated,
    [property: JsonIgnore] Func<Writer>? OpenWriter = null)
{
    /// <summary>Who stored the value. Most reads do not need it.</summary>
    public Writer? Writer => OpenWriter?.Invoke();

    /// <summary>See <see cref="ValueWrite.OnLapse"/>.</summary>
    public bool FailsOnLapse { get; init; }

    /// <summary>The end of a lease, by the store's clock; null for a value without expiry.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>The key as the caller may see it: a narrowed one does not learn about other clients.</summary>
    public KeyInfo For(Caller caller) => caller.Scope.SeesAll
        ? this
        : this with { Tag = caller.Show(Tag), OpenWriter = null };
}

/// <summary>A stored value.</summary>
public sealed record StoredValue(ReadOnlyMemory<byte> Bytes, EntityTag Tag)
{
    /// <summary>The end of a lease, by the store's clock; null for a value without expiry.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>The value as text; bytes that are not UTF-8 become U+FFFD.</summary>
    public string AsText() => Encoding.UTF8.GetString(Bytes.Span);
}
