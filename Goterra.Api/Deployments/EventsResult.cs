using System.Text;
using System.Text.Json;
using Goterra.Core.Services;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;

namespace Goterra.Api.Deployments;

/// <summary>
/// Streams live events as server-sent events (HTML standard, section 9.2). The framework's own writer cannot send
/// comments.
/// </summary>
internal sealed class EventsResult(IAsyncEnumerable<StreamItem> stream, TimeProvider time) : ActionResult
{
    /// <summary>A client that receives nothing for this long is disconnected.</summary>
    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(30);

    public override async Task ExecuteResultAsync(ActionContext context)
    {
        var response = context.HttpContext.Response;
        response.ContentType = "text/event-stream";

        // Otherwise nginx buffers the response.
        response.Headers["X-Accel-Buffering"] = "no";
        context.HttpContext.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();

        // Nothing is sent before the enumeration starts: from then on, the watch is disposed of whatever happens to the
        // connection.
        await foreach (var item in stream.WithCancellation(context.HttpContext.RequestAborted))
            await SendAsync(context.HttpContext, Format(item, time.GetUtcNow()));
    }

    private async Task SendAsync(HttpContext context, string frame)
    {
        var sent = context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(frame), context.RequestAborted).AsTask();
        try
        {
            await sent.WaitAsync(SendTimeout, time, context.RequestAborted);
        }
        catch (Exception e) when (e is TimeoutException or IOException)
        {
            // The client is gone, or reads nothing.
            context.Abort();
        }
    }

    private static string Format(StreamItem item, DateTimeOffset now) => item switch
    {
        // Without an id, because it is not stored either.
        { Snapshot: { } snapshot } => "event: snapshot\ndata: " + JsonSerializer.Serialize(
            SnapshotResponse.From(snapshot, now), EventJson.Wire.SnapshotResponse) + "\n\n",
        { Event: { } happened } => $"id: {item.Id}\n{Format(EventResponse.From(happened))}",

        // Without an id, because waits are not stored: a client resumes from the last stored event.
        { Wait: { } notification } => Format(EventResponse.From(notification)),
        { Kind: StreamItemKind.WaitsSkipped } => Format(new EventResponse("waits_skipped", Count: item.Skipped)),
        { Kind: StreamItemKind.Opened } => "retry: 1000\n\n",
        { Kind: StreamItemKind.Heartbeat } => ": heartbeat\n\n",
        { Kind: StreamItemKind.Reset } =>
            Format(new EventResponse("reset", Reason: "Some older events are no longer kept.")),
        { Kind: StreamItemKind.Lagging } => Format(new EventResponse(
            "lagging", Reason: "This client is too slow: events that it has not received are no longer kept.")),
        { Kind: StreamItemKind.CredentialOver } => Format(new EventResponse(
            "unauthorized", Reason: "The token has expired or was revoked.")),
        _ => Format(new EventResponse("ended", Reason: "The deployment was deleted or has expired.")),
    };

    private static string Format(EventResponse data) =>
        $"event: {data.Type}\ndata: {JsonSerializer.Serialize(data, EventJson.Wire.EventResponse)}\n\n";
}
