using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Waiting;

namespace Goterra.Api.Deployments;

/// <summary>An event.</summary>
/// <param name="Type">created, put, deleted, expired (a lease), failed or resumed; for full credentials also
/// token_made, revoked, ticket_made, ticket_redeemed, ticket_misused and ticket_revoked; live only, waiting and woken
/// (a wait started or ended) and waits_skipped; or, as the last one, ended, lagging or unauthorized; reset if older
/// events are missing.</param>
/// <param name="Key">The key that was stored or removed, or is waited for.</param>
/// <param name="Revision">The deployment's revision after it; absent for a narrowed token.</param>
/// <param name="Time">RFC 3339, UTC, by the store's clock; for a wait, by the clock of the instance.</param>
/// <param name="Reason">Why the deployment failed, or the stream ends.</param>
/// <param name="Source">With failed and resumed: who reported the failure; absent if no source was given, and if all
/// failures were taken back.</param>
/// <param name="Name">For a security event: a user's uid, or the name of a ticket.</param>
/// <param name="Address">For a security event: the address of the client.</param>
/// <param name="Prefix">For a barrier: the prefix of the keys.</param>
/// <param name="Count">For a barrier: the number of keys; with waits_skipped: the number of events that are not
/// shown.</param>
/// <param name="Result">How the wait ended: met, timed_out, failed, left, gone, unauthorized, interrupted; unknown if
/// another instance held it.</param>
/// <param name="Since">When the wait started.</param>
/// <param name="Until">When the wait ends at the latest.</param>
/// <param name="Client">The address and name of the client that stored or removed the key, or waits.</param>
/// <param name="By">Who stored or removed the key: a user's uid, or the name of a ticket.</param>
public sealed record EventResponse(
    string Type,
    string? Key = null,
    long? Revision = null,
    DateTime? Time = null,
    Secret? Reason = null,
    string? Source = null,
    string? Name = null,
    string? Address = null,
    string? Prefix = null,
    long? Count = null,
    string? Result = null,
    DateTime? Since = null,
    DateTime? Until = null,
    string? Client = null,
    string? By = null)
{
    public static EventResponse From(DeploymentEvent happened) => new(
        NameOf(happened.Type),
        happened.Key,
        happened.Revision,
        happened.Time.UtcDateTime,
        Secret.From(happened.Reason),
        happened.Source,
        happened.Note?.Subject,
        happened.Note?.Address,
        Client: happened.Writer?.Client,
        By: happened.Writer?.Name);

    public static EventResponse From(WaitNotification notification) => new(
        notification.Result is null ? "waiting" : "woken",
        notification.Wait.Key,
        Time: notification.Time.UtcDateTime,
        Prefix: notification.Wait.Prefix,
        Count: notification.Wait.Count,
        Result: notification.Result is { } result ? NameOf(result) : null,
        Since: notification.Wait.Since.UtcDateTime,
        Until: notification.Result is null ? notification.Wait.Until.UtcDateTime : null,
        Client: notification.Wait.Client);

    /// <summary>The name of an enum member on the wire: snake case.</summary>
    internal static string NameOf<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}

[JsonSerializable(typeof(EventResponse))]
[JsonSerializable(typeof(SnapshotResponse))]
internal sealed partial class EventJson : JsonSerializerContext
{
    public static readonly EventJson Wire = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
