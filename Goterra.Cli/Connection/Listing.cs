using System.Text;
using System.Text.Json;

namespace Goterra.Cli.Connection;

/// <summary>A deployment as `GET /store/{id}` describes it. Any member may be missing: servers of the original send `deployment` only.</summary>
internal sealed record Listing
{
    public Dictionary<string, string?>? Deployment { get; init; }

    public IReadOnlyList<ListedKey?>? Keys { get; init; }

    public string? Id { get; init; }

    public string? Name { get; init; }

    public string? Namespace { get; init; }

    public DateTimeOffset? Created { get; init; }

    public DateTimeOffset? DeploymentExpires { get; init; }

    public long? Revision { get; init; }

    public string? State { get; init; }

    public string? Reason { get; init; }

    public IReadOnlyList<ListedWait?>? Waiting { get; init; }

    public IReadOnlyList<string?>? Hints { get; init; }

    /// <summary>What happened to credentials, for those who may do everything.</summary>
    public IReadOnlyList<ListedSecurityEvent?>? Security { get; init; }

    /// <summary>Null where it is no listing.</summary>
    public static Listing? Read(byte[] body)
    {
        try
        {
            var listing = JsonSerializer.Deserialize(body, WireJson.Default.Listing);
            return listing is null or { Deployment: null, Keys: null, Id: null } ? null : listing;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public IEnumerable<ListedKey> AllKeys() =>
        Keys is not null
            ? Keys.OfType<ListedKey>()
            : Values().Select(pair => new ListedKey(pair.Key, Encoding.UTF8.GetByteCount(pair.Value), null));

    /// <summary>In the order of their keys.</summary>
    public IEnumerable<KeyValuePair<string, string>> Values() =>
        (Deployment ?? []).OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => KeyValuePair.Create(pair.Key, pair.Value ?? ""));

    // Generated, it would print the values' types only; but nobody should have to know that.
    public override string ToString() => $"Listing {Id}";
}

internal sealed record ListedKey(string? Key, long Size, string? Updated);

/// <summary>Somebody waits: for a key, or until so many keys have a prefix.</summary>
internal sealed record ListedWait(string? Key, string? Prefix, long? Count, DateTimeOffset? Since, string? Client);

/// <summary>Something that happened to tokens or tickets.</summary>
/// <param name="Type">`ticket_misused`, `revoked` and so on.</param>
/// <param name="Time">When.</param>
/// <param name="Name">Of the ticket, or in words what was done.</param>
/// <param name="Address">From where.</param>
internal sealed record ListedSecurityEvent(string? Type, string? Time, string? Name, string? Address);
