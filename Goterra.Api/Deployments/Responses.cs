using System.Text.Json.Serialization;
using Goterra.Core.Deployments;

namespace Goterra.Api.Deployments;

/// <summary>The server's version.</summary>
/// <param name="Version">As in the change log.</param>
/// <param name="Message">Always <c>ok</c>.</param>
public sealed record VersionResponse(string Version, string Message);

/// <summary>What was done.</summary>
/// <param name="Message">For people, and clients of the original system.</param>
public sealed record MessageResponse(string Message);

/// <summary>A value was stored.</summary>
/// <param name="Message">Always <c>done</c>.</param>
/// <param name="Revision">The deployment's revision after the write: it rises with each.</param>
/// <param name="Expires">When the lease ends (RFC 3339, UTC); left out for a value that stays.</param>
public sealed record WrittenResponse(
    string Message, long Revision, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTime? Expires = null);

/// <summary>A value.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Value">As text; bytes that are not UTF-8 are U+FFFD here, and as they are in a raw read.</param>
/// <param name="Expires">When the lease ends (RFC 3339, UTC); left out for a value that stays.</param>
public sealed record ValueResponse(
    string Key, string Value, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTime? Expires = null)
{
    public static ValueResponse From(ValueKey key, StoredValue value) => new(key.Text, value.AsText(), value.Expires?.UtcDateTime);

    /// <summary>Keeps the value out of anything that prints records.</summary>
    public override string ToString() => $"ValueResponse {Key}";
}

/// <summary>A deployment, its keys and their values.</summary>
/// <param name="Deployment">The values by key; left out with <c>values=false</c>.</param>
/// <param name="Keys">The keys, in the order of their bytes.</param>
/// <param name="Id">The deployment's id.</param>
/// <param name="Name">As given at creation.</param>
/// <param name="Namespace">As given at creation.</param>
/// <param name="Created">RFC 3339, UTC.</param>
/// <param name="Updated">When a value was last stored or removed.</param>
/// <param name="DeploymentExpires">When the deployment ends; null: when it is deleted.</param>
/// <param name="Revision">Rises with each write.</param>
/// <param name="State"><c>active</c> or <c>failed</c>.</param>
/// <param name="Reason">Why it is failed.</param>
/// <param name="Waiting">Who waits for what, on all instances, the longest first.</param>
/// <param name="Hints">What looks wrong, in words; above all, the existing key that is nearest to one that is waited for in vain.</param>
/// <param name="Security">What concerned tokens and tickets, the latest first, at most 200; for full credentials.</param>
public sealed record DeploymentResponse(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, string>? Deployment,
    IReadOnlyList<KeyResponse> Keys,
    string Id,
    string? Name,
    string? Namespace,
    DateTime Created,
    DateTime Updated,
    DateTime? DeploymentExpires,
    long Revision,
    string State,
    string? Reason,
    IReadOnlyList<WaitingResponse> Waiting,
    IReadOnlyList<string> Hints,
    IReadOnlyList<SecurityEventResponse> Security)
{
    public static DeploymentResponse From(DeploymentContents contents)
    {
        var deployment = contents.Deployment;
        return new DeploymentResponse(
            contents.Values?.ToDictionary(value => value.Key, value => value.Value.AsText()),
            [.. contents.Keys.Select(KeyResponse.From)],
            deployment.Id.ToString(),
            deployment.Name,
            deployment.Namespace?.Text,
            deployment.Created.UtcDateTime,
            deployment.Updated.UtcDateTime,
            deployment.Expires?.UtcDateTime,
            deployment.Revision,
            deployment.State,
            deployment.FailedBecause,
            [.. contents.Report.Waiting.Select(WaitingResponse.From)],
            contents.Report.Hints,
            [.. contents.Security.Select(SecurityEventResponse.From)]);
    }

    /// <summary>Keeps the values out of anything that prints records.</summary>
    public override string ToString() => $"DeploymentResponse {Id}";
}

/// <summary>A key, without its value.</summary>
/// <param name="Key">The key.</param>
/// <param name="Size">Length of the value in bytes.</param>
/// <param name="Revision">The deployment's revision after the value was stored.</param>
/// <param name="Updated">When it was stored (RFC 3339, UTC).</param>
/// <param name="Expires">When the lease ends; left out for a value that stays.</param>
public sealed record KeyResponse(
    string Key, long Size, long Revision, DateTime Updated, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTime? Expires = null)
{
    public static KeyResponse From(KeyInfo key) => new(key.Key, key.Size, key.Tag.Revision, key.Updated.UtcDateTime, key.Expires?.UtcDateTime);
}

/// <summary>Somebody who waits.</summary>
/// <param name="Key">What for: this key, or</param>
/// <param name="Prefix">keys with this prefix,</param>
/// <param name="Count">so many of them.</param>
/// <param name="Since">Since when (RFC 3339, UTC).</param>
/// <param name="Client">From where, and as whom.</param>
public sealed record WaitingResponse(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Key,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Prefix,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Count,
    DateTime Since,
    string Client)
{
    public static WaitingResponse From(Core.Waiting.WaitInfo wait) => new(wait.Key, wait.Prefix, wait.Count, wait.Since.UtcDateTime, wait.Client);
}

/// <summary>Something that concerned tokens or tickets.</summary>
/// <param name="Type">token_made, revoked, ticket_made, ticket_redeemed; or ticket_misused: a machine tried a ticket that another one had redeemed.</param>
/// <param name="Time">RFC 3339, UTC, by the store's clock.</param>
/// <param name="Name">A user's uid, or the name of a ticket.</param>
/// <param name="Address">Of the client.</param>
public sealed record SecurityEventResponse(string Type, DateTime Time, string Name, string Address)
{
    public static SecurityEventResponse From(DeploymentEvent happened) =>
        new(EventsResult.Name(happened.Type), happened.Time.UtcDateTime, happened.Note?.Subject ?? "", happened.Note?.Address ?? "");
}
