using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Goterra.Cli.Connection;

namespace Goterra.Cli.Events;

/// <summary>
/// The events of a deployment, over as many connections as it takes: each new one says which event was the last that arrived,
/// and the server goes on after it.
/// </summary>
internal sealed class EventFeed(Session session, string doing, TimeProvider time)
{
    /// <summary>A connection that lasted so long was a good one.</summary>
    private static readonly TimeSpan GoodWhile = TimeSpan.FromSeconds(5);

    private readonly Backoff _reconnecting = new(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(30));
    private string _lastId = "";

    /// <summary>Ends with the event that says the deployment is gone.</summary>
    /// <exception cref="CliException">The server refuses, the deployment is gone, or the server could not be reached again.</exception>
    public async IAsyncEnumerable<DeploymentEvent> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var start = time.GetTimestamp();
            using var reply = await OpenAsync(cancellationToken);
            await using var stream = new HeardStream(await reply.Response.Content.ReadAsStreamAsync(cancellationToken), time);
            await using var frames = SseParser.Create(stream).EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (await NextAsync(frames, cancellationToken) is { } frame)
            {
                _reconnecting.Reset();
                _lastId = frame.EventId ?? _lastId;
                var happened = DeploymentEvent.Of(frame.EventId, frame.EventType, frame.Data);
                if (happened.IsHeartbeat)
                    continue;
                yield return happened;
                if (happened.IsEnd)
                    yield break;
            }

            if (time.GetElapsedTime(start) >= GoodWhile)
                _reconnecting.Reset();
            await Task.Delay(_reconnecting.Next(), time, cancellationToken);
        }
    }

    private async Task<OpenReply> OpenAsync(CancellationToken cancellationToken)
    {
        var request = new StoreRequest(HttpMethod.Get, session.Address.Deployment(session.Deployment))
        {
            Accept = StoreRequest.EventStream,
            Headers = _lastId.Length > 0 ? [("Last-Event-ID", _lastId)] : [],
        };
        return await session.Patient.OpenAsync(doing, request, cancellationToken) switch
        {
            OpenReply open => open,
            Reply { IsSuccess: false } refusal => throw session.Failure(doing, refusal),
            _ => throw new CliException(ExitCode.Error, $"{doing}: the answer is no stream of events; the server may be too old, or --url (GOT_URL) wrong"),
        };
    }

    /// <summary>Null where the connection is over, however it ended.</summary>
    private static async Task<SseItem<string>?> NextAsync(IAsyncEnumerator<SseItem<string>> frames, CancellationToken cancellationToken)
    {
        try
        {
            return await frames.MoveNextAsync() ? frames.Current : null;
        }
        catch (Exception end) when (end is IOException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
