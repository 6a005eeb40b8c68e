using System.Text;

namespace Goterra.Cli.Protocol;

/// <summary>`GET /store/{id}`. Any member may be missing: servers of the original only send `deployment`.</summary>
internal sealed record DeploymentOverview
{
    public Dictionary<string, string?>? Deployment { get; init; }

    public IReadOnlyList<KeyEntry?>? Keys { get; init; }

    public string? Id { get; init; }

    public string? Name { get; init; }

    public string? Namespace { get; init; }

    public DateTimeOffset? Created { get; init; }

    public DateTimeOffset? DeploymentExpires { get; init; }

    public long? Revision { get; init; }

    public string? State { get; init; }

    public string? Reason { get; init; }

    /// <summary>The failures that were not taken back, oldest first.</summary>
    public IReadOnlyList<FailureEntry?>? Failures { get; init; }

    public IReadOnlyList<WaitEntry?>? Waiting { get; init; }

    /// <summary>With `waits=ended`: the last waits that have ended, latest first.</summary>
    public IReadOnlyList<EndedWaitEntry?>? Ended { get; init; }

    public IReadOnlyList<string?>? Hints { get; init; }

    /// <summary>Use and misuse of credentials. Only sent to callers with full access.</summary>
    public IReadOnlyList<SecurityEntry?>? Security { get; init; }

    public static DeploymentOverview? TryRead(byte[] body) =>
        ProtocolJson.TryRead(body, ProtocolJson.Default.DeploymentOverview) is { } listing
        && listing is not { Deployment: null, Keys: null, Id: null } ? listing : null;

    public IEnumerable<KeyEntry> AllKeys() => Keys is not null
        ? Keys.OfType<KeyEntry>()
        : Values().Select(pair => new KeyEntry(pair.Key, Encoding.UTF8.GetByteCount(pair.Value), null));

    /// <summary>The values, ordered by key.</summary>
    public IEnumerable<KeyValuePair<string, string>> Values() => (Deployment ?? [])
        .OrderBy(pair => pair.Key, StringComparer.Ordinal)
        .Select(pair => KeyValuePair.Create(pair.Key, pair.Value ?? ""));

    /// <summary>
    /// The values as bytes. Servers that do not support `encoding=base64` send text, in which bytes may be lost.
    /// </summary>
    public IEnumerable<KeyValuePair<string, byte[]>> Bytes()
    {
        var encoded = (Keys ?? []).Where(key => key?.Encoding == "base64").Select(key => key?.Key).ToHashSet();
        return Values().Select(pair => KeyValuePair.Create(
            pair.Key,
            encoded.Contains(pair.Key) ? Convert.FromBase64String(pair.Value) : Encoding.UTF8.GetBytes(pair.Value)));
    }

    public override string ToString() => $"DeploymentOverview {Id}";
}

internal sealed record KeyEntry(string? Key, long Size, string? Updated, string? Encoding = null)
{
    /// <summary>When the lease expires; null for a value without expiry.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>`fail` if the deployment fails when the lease expires.</summary>
    public string? OnLapse { get; init; }

    /// <summary>Who stored the value: a user, or the name of a ticket.</summary>
    public string? By { get; init; }

    /// <summary>Address and name of the client that stored it.</summary>
    public string? Client { get; init; }
}

/// <param name="Source">Who reported it; null for nobody.</param>
/// <param name="Reason">Why.</param>
/// <param name="Since">When it was first reported.</param>
/// <param name="Lapsed">The server declared it, because a switch was not renewed.</param>
internal sealed record FailureEntry(string? Source, string? Reason, DateTimeOffset? Since, bool Lapsed);

/// <summary>A client that waits for a key, or for a number of keys with a prefix.</summary>
internal sealed record WaitEntry(string? Key, string? Prefix, long? Count, DateTimeOffset? Since, string? Client)
{
    public DateTimeOffset? Until { get; init; }
}

/// <param name="Key">The key; null for a barrier.</param>
/// <param name="Prefix">The prefix of a barrier.</param>
/// <param name="Count">The number of keys of a barrier.</param>
/// <param name="Since">When it started.</param>
/// <param name="Ended">When it ended.</param>
/// <param name="Result">Such as `met` or `timed_out`.</param>
/// <param name="Client">The address and name of the client.</param>
internal sealed record EndedWaitEntry(
    string? Key, string? Prefix, long? Count, DateTimeOffset? Since, DateTimeOffset? Ended, string? Result,
    string? Client);

/// <param name="Type">Such as `ticket_misused` or `revoked`.</param>
/// <param name="Time">When it happened.</param>
/// <param name="Name">The name of the ticket, or a description.</param>
/// <param name="Address">The address of the client.</param>
internal sealed record SecurityEntry(string? Type, string? Time, string? Name, string? Address);
