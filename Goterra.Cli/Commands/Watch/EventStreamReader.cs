using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Goterra.Cli.Http;
using Goterra.Cli.Runtime;
using Goterra.Cli.Sessions;

namespace Goterra.Cli.Commands.Watch;

/// <summary>
/// Reads the events of a deployment. Reconnects if the connection ends; the server then resumes after the last event
/// that the client has received.
/// </summary>
internal sealed class EventStreamReader(Session session, string operation, TimeProvider time)
{
    /// <summary>Connections that last longer reset the backoff.</summary>
    private static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(5);

    private readonly Backoff _backoff = new(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(30));
    private string _lastId = "";

    /// <summary>Ends after the event that reports the end of the deployment.</summary>
    /// <exception cref="CliException">The server refused, or could not be reached again in time.</exception>
    public async IAsyncEnumerable<ServerEvent> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var start = time.GetTimestamp();
            using var response = await ConnectAsync(cancellationToken);
            var content = await response.Message.Content.ReadAsStreamAsync(cancellationToken);
            await using var stream = new IdleTimeoutStream(content, time);
            await using var items = SseParser.Create(stream).EnumerateAsync(cancellationToken)
                .GetAsyncEnumerator(cancellationToken);
            while (await NextAsync(items, cancellationToken) is { } item)
            {
                _backoff.Reset();
                _lastId = item.EventId ?? _lastId;
                var received = ServerEvent.Parse(item.EventId, item.EventType, item.Data);
                if (received.IsHeartbeat)
                    continue;
                yield return received;
                if (received.IsEnd)
                    yield break;
            }

            if (time.GetElapsedTime(start) >= StableAfter)
                _backoff.Reset();
            await Task.Delay(_backoff.Next(), time, cancellationToken);
        }
    }

    private async Task<StreamingResponse> ConnectAsync(CancellationToken cancellationToken)
    {
        var request = StoreRequest.Get(session.DeploymentUrl()) with
        {
            Accept = StoreRequest.EventStream,
            Headers = _lastId.Length > 0 ? [("Last-Event-ID", _lastId)] : [],
        };
        return await session.Client.OpenAsync(operation, request, cancellationToken) switch
        {
            StreamingResponse streaming => streaming,
            StoreResponse { IsSuccess: false } refusal => throw session.Failure(operation, refusal),
            _ => throw new CliException(
                ExitCode.Error,
                $"{operation}: the response is not an event stream; is the server too old, or --url (GOT_URL) wrong?"),
        };
    }

    /// <summary>Returns null if the connection has ended, for whatever reason.</summary>
    private static async Task<SseItem<string>?> NextAsync(
        IAsyncEnumerator<SseItem<string>> items, CancellationToken cancellationToken)
    {
        try
        {
            return await items.MoveNextAsync() ? items.Current : null;
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException
                                          && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
