using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Goterra.Api.Http;
using Goterra.Core.Deployments;
using Goterra.Core.Waiting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;

namespace Goterra.Api.Deployments;

/// <summary>Events as they happen, in the format of the HTML standard (section 9.2, server-sent events). The framework's own writer sends no comments.</summary>
internal sealed class EventsResult(IAsyncEnumerable<StreamItem> stream, TimeProvider time) : ActionResult
{
    /// <summary>How long a watcher may take no byte before its connection is cut.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public override async Task ExecuteResultAsync(ActionContext context)
    {
        var response = context.HttpContext.Response;
        response.ContentType = "text/event-stream";

        // nginx holds answers back otherwise.
        response.Headers["X-Accel-Buffering"] = "no";
        context.HttpContext.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();

        // Nothing is sent before the stream is begun: once begun, it ends its watch whatever happens to the connection.
        await foreach (var item in stream.WithCancellation(context.HttpContext.RequestAborted))
            await SendAsync(context.HttpContext, Frame(item));
    }

    private async Task SendAsync(HttpContext context, string frame)
    {
        var sent = context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(frame), context.RequestAborted).AsTask();
        try
        {
            await sent.WaitAsync(Patience, time, context.RequestAborted);
        }
        catch (TimeoutException)
        {
            context.Abort();
        }
    }

    private static string Frame(StreamItem item) => item switch
    {
        { Event: { } happened } => string.Create(
            CultureInfo.InvariantCulture,
            $"id: {happened.Number}\n{Named(EventResponse.From(happened))}"),
        // Without an id: these are live only, and what a watcher comes back with stays the last of those that are kept.
        { Wait: { } note } => Named(EventResponse.From(note)),
        { Kind: StreamItemKind.WaitsSkipped } => Named(new EventResponse("waits_skipped", Count: item.Skipped)),
        { Kind: StreamItemKind.Opened } => "retry: 1000\n\n",
        { Kind: StreamItemKind.Heartbeat } => ": still here\n\n",
        { Kind: StreamItemKind.Reset } => Named(new EventResponse("reset", Reason: "Older events are kept no longer; these are the ones that are.")),
        { Kind: StreamItemKind.Lagging } => Named(new EventResponse("lagging", Reason: "This watcher is too slow: events that it has not seen are kept no longer.")),
        { Kind: StreamItemKind.CredentialOver } => Named(new EventResponse("unauthorized", Reason: "The token expired or was revoked.")),
        _ => Named(new EventResponse("ended", Reason: "The deployment was deleted or its time ran out.")),
    };

    private static string Named(EventResponse data) => $"event: {data.Type}\ndata: {JsonSerializer.Serialize(data, WireContext.Plain.EventResponse)}\n\n";

    public static string Name<T>(T type)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(type.ToString());
}

/// <summary>What happened.</summary>
/// <param name="Type">created, put, deleted, expired (a lease), failed or resumed; for full credentials also token_made, revoked, ticket_made, ticket_redeemed and ticket_misused; live only, waiting and woken (a wait began or ended) and waits_skipped; or, as the last one, ended, lagging or unauthorized; reset where older events are missing.</param>
/// <param name="Key">The key that was stored or removed, or is waited for.</param>
/// <param name="Revision">The deployment's revision after it.</param>
/// <param name="Time">RFC 3339, UTC, by the store's clock; of a wait, by the instance's.</param>
/// <param name="Reason">Of a failure, or of the stream's end.</param>
/// <param name="Name">Of what concerns credentials: a user's uid, or the name of a ticket.</param>
/// <param name="Address">Of what concerns credentials: the client's.</param>
/// <param name="Prefix">What is waited for: keys with this prefix,</param>
/// <param name="Count">so many of them; with waits_skipped: how many waits began or ended and are not shown.</param>
/// <param name="Result">How the wait ended: met, timed_out, failed, left, gone, unauthorized, interrupted; unknown if it was with another instance.</param>
/// <param name="Since">When the wait began.</param>
/// <param name="Client">Who waits: address and name.</param>
public sealed record EventResponse(
    string Type,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Key = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Revision = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTime? Time = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Name = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Address = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Prefix = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Count = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Result = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTime? Since = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Client = null)
{
    public static EventResponse From(DeploymentEvent happened) =>
        new(EventsResult.Name(happened.Type), happened.Key, happened.Revision, happened.Time.UtcDateTime, happened.Reason, happened.Note?.Subject, happened.Note?.Address);

    public static EventResponse From(WaitNotification note) => new(
        note.Result is null ? "waiting" : "woken",
        note.Wait.Key,
        Time: note.Time.UtcDateTime,
        Prefix: note.Wait.Prefix,
        Count: note.Wait.Count,
        Result: note.Result is { } result ? EventsResult.Name(result) : null,
        Since: note.Wait.Since.UtcDateTime,
        Client: note.Wait.Client);

    /// <summary>Keeps the reason out of anything that prints records.</summary>
    public override string ToString() => $"EventResponse {Type}";
}
