using System.Text.Json.Serialization;
using Goterra.Api.Http;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Services;
using Goterra.Core.Waiting;

namespace Goterra.Api.Deployments;

/// <summary>A deployment, its keys and their values.</summary>
/// <param name="Deployment">The values by key; absent with <c>values=false</c>, and for an observing
/// token.</param>
/// <param name="Keys">The keys, in byte order.</param>
/// <param name="Id">The deployment's id.</param>
/// <param name="Name">As given at creation.</param>
/// <param name="Namespace">As given at creation.</param>
/// <param name="Created">RFC 3339, UTC.</param>
/// <param name="Updated">When a value was last stored or removed; with a narrowed token, when the latest of the listed
/// values was stored.</param>
/// <param name="DeploymentExpires">When the deployment expires; null if it lives until it is deleted.</param>
/// <param name="Revision">Increases with each write; absent with a narrowed token.</param>
/// <param name="State"><c>active</c> or <c>failed</c>.</param>
/// <param name="Reason">Why it has failed: the reason of the oldest failure.</param>
/// <param name="Failures">The failures that were not taken back, oldest first.</param>
/// <param name="Waiting">The current waits on all instances, oldest first.</param>
/// <param name="Hints">What looks wrong, such as a wait for a missing key whose name is close to that of an existing
/// one.</param>
/// <param name="Ended">With <c>waits=ended</c>: the last 200 waits that have ended, latest first; empty for a narrowed
/// token.</param>
/// <param name="Security">With <c>security=true</c>: security events, latest first; empty for a narrowed token.</param>
public sealed record DeploymentResponse(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    IReadOnlyDictionary<string, string>? Deployment,
    IReadOnlyList<KeyResponse> Keys,
    string Id,
    Secret? Name,
    string? Namespace,
    DateTime Created,
    DateTime Updated,
    DateTime? DeploymentExpires,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Revision,
    string State,
    Secret? Reason,
    IReadOnlyList<FailureResponse> Failures,
    IReadOnlyList<WaitingResponse> Waiting,
    IReadOnlyList<string> Hints,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    IReadOnlyList<EndedWaitResponse>? Ended,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    IReadOnlyList<SecurityEventResponse>? Security)
{
    /// <summary>Without keys and values: <see cref="DeploymentResult"/>.</summary>
    internal static DeploymentResponse WithoutKeys(DeploymentContents contents)
    {
        var deployment = contents.Deployment;
        return new DeploymentResponse(
            null,
            [],
            deployment.Id.ToString(),
            Secret.From(deployment.Name),
            deployment.Namespace?.Text,
            deployment.Created.UtcDateTime,
            deployment.Updated.UtcDateTime,
            deployment.Expires?.UtcDateTime,
            deployment.Revision,
            deployment.State,
            Secret.From(deployment.FailedBecause),
            [.. deployment.Failures.Select(FailureResponse.From)],
            [.. contents.Report.Waiting.Select(WaitingResponse.From)],
            contents.Report.Hints,
            contents.EndedWaits?.Select(EndedWaitResponse.From).ToList(),
            contents.Security?.Select(SecurityEventResponse.From).ToList());
    }
}

/// <summary>A key, without its value.</summary>
/// <param name="Key">The key.</param>
/// <param name="Size">The length of the value in bytes.</param>
/// <param name="Revision">The deployment's revision after the value was stored; absent with a narrowed token.</param>
/// <param name="Updated">When the value was stored (RFC 3339, UTC).</param>
/// <param name="Encoding">Of the value in <c>deployment</c>: <c>utf-8</c>; <c>binary</c> if the value is not UTF-8 and
/// each invalid byte became U+FFFD; <c>base64</c> if that was requested. Absent with <c>values=false</c>.</param>
/// <param name="Expires">When the lease expires; absent for a value without expiry.</param>
/// <param name="By">Who stored the value: a user's uid, or the name of a ticket. Absent for a narrowed token.</param>
/// <param name="Client">The address and name of the client that stored it. Absent for a narrowed token.</param>
/// <param name="OnLapse"><c>fail</c> if the server declares the deployment failed when the lease lapses; otherwise
/// absent.</param>
public sealed record KeyResponse(
    string Key,
    long Size,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Revision,
    DateTime Updated,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Encoding = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTime? Expires = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? By = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Client = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? OnLapse = null)
{
    internal static KeyResponse From(KeyInfo key, string? encoding)
    {
        var writer = key.Writer;
        return new(
            key.Key, key.Size, key.Tag.Revision == 0 ? null : key.Tag.Revision, key.Updated.UtcDateTime, encoding,
            key.Expires?.UtcDateTime, writer?.Name, writer?.Client, key.FailsOnLapse ? LapseHeaders.Action : null);
    }
}

/// <summary>A failure that was not taken back.</summary>
/// <param name="Source">Who reported it, as given with it; null if no source was given.</param>
/// <param name="Reason">Why.</param>
/// <param name="Since">When it was first reported (RFC 3339, UTC).</param>
/// <param name="Lapsed">Whether the server declared it, because a lease with <c>on_lapse=fail</c> was not
/// renewed.</param>
public sealed record FailureResponse(string? Source, Secret Reason, DateTime Since, bool Lapsed)
{
    public static FailureResponse From(DeploymentFailure failure) =>
        new(failure.Source, failure.Reason, failure.Since.UtcDateTime, failure.Lapsed);
}

/// <summary>A wait.</summary>
/// <param name="Key">The key that is waited for; absent for a barrier.</param>
/// <param name="Prefix">For a barrier: the prefix of the keys.</param>
/// <param name="Count">For a barrier: the number of keys.</param>
/// <param name="Since">When the wait started (RFC 3339, UTC).</param>
/// <param name="Until">When it ends at the latest. A client that waits with several requests says so in
/// <c>X-Wait-Left</c>; otherwise this is the end of the current request.</param>
/// <param name="Client">The address and name of the waiting client.</param>
public sealed record WaitingResponse(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Key,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Prefix,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Count,
    DateTime Since,
    DateTime Until,
    string Client)
{
    public static WaitingResponse From(WaitInfo wait) =>
        new(wait.Key, wait.Prefix, wait.Count, wait.Since.UtcDateTime, wait.Until.UtcDateTime, wait.Client);
}

/// <summary>A wait that has ended.</summary>
/// <param name="Key">The key that was waited for; absent for a barrier.</param>
/// <param name="Prefix">For a barrier: the prefix of the keys.</param>
/// <param name="Count">For a barrier: the number of keys.</param>
/// <param name="Since">When the wait started (RFC 3339, UTC).</param>
/// <param name="Ended">When it ended.</param>
/// <param name="Result">met, failed, timed_out, gone, left (the client disconnected), unauthorized,
/// interrupted.</param>
/// <param name="Client">The address and name of the client.</param>
public sealed record EndedWaitResponse(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Key,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Prefix,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Count,
    DateTime Since,
    DateTime Ended,
    string Result,
    string Client)
{
    public static EndedWaitResponse From(EndedWait ended) => new(
        ended.Wait.Key, ended.Wait.Prefix, ended.Wait.Count, ended.Wait.Since.UtcDateTime, ended.Ended.UtcDateTime,
        EventResponse.NameOf(ended.Result), ended.Wait.Client);
}

/// <summary>An event that concerns tokens or tickets.</summary>
/// <param name="Type">token_made, revoked, ticket_made, ticket_redeemed, ticket_revoked; or ticket_misused: a machine
/// tried to redeem a ticket that another one had redeemed.</param>
/// <param name="Time">RFC 3339, UTC, by the store's clock.</param>
/// <param name="Name">A user's uid, or the name of a ticket.</param>
/// <param name="Address">The address of the client.</param>
public sealed record SecurityEventResponse(string Type, DateTime Time, string Name, string Address)
{
    public static SecurityEventResponse From(DeploymentEvent happened) => new(
        EventResponse.NameOf(happened.Type), happened.Time.UtcDateTime, happened.Note?.Subject ?? "",
        happened.Note?.Address ?? "");
}
