namespace Goterra.Tests.Support;

/// <summary>A stream of server-sent events, as a browser reads it.</summary>
public sealed class WatchedEvents : IAsyncDisposable
{
    private readonly HttpClient _client;
    private readonly StreamReader _reader;
    private readonly List<StreamEvent> _early = [];

    private WatchedEvents(HttpClient client, StreamReader reader) => (_client, _reader) = (client, reader);

    public static async Task<WatchedEvents> OpenAsync(TestDeployment deployment, string? lastEventId = null)
    {
        var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        using var request = new HttpRequestMessage(
            HttpMethod.Get, new Uri(deployment.Server, $"/store/{deployment.Id}"));
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + deployment.Token);
        request.Headers.TryAddWithoutValidation("Accept", "text/event-stream");
        if (lastEventId is not null)
            request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);

        var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(
            ("text/event-stream", 200), (response.Content.Headers.ContentType?.MediaType, (int)response.StatusCode));
        return new WatchedEvents(client, new StreamReader(await response.Content.ReadAsStreamAsync()));
    }

    /// <summary>The snapshots so far, which are not among the events.</summary>
    public List<StreamEvent> Snapshots { get; } = [];

    /// <summary>Reads on to the end of the snapshot.</summary>
    public async Task<StreamEvent> SnapshotAsync()
    {
        while (Snapshots is not [.., { Data: var last }] || last.Contains("\"more\":true", StringComparison.Ordinal))
        {
            if (await ReadEventAsync() is not { } received)
                throw new InvalidOperationException("The stream has ended.");
            (received.Type == "snapshot" ? Snapshots : _early).Add(received);
        }

        return Snapshots[0];
    }

    public async Task<StreamEvent> NextAsync() =>
        await TryNextAsync() ?? throw new InvalidOperationException("The stream has ended.");

    /// <summary>Reads some events. Those that are not read before the deployment is deleted may not be sent.</summary>
    public async Task<List<StreamEvent>> TakeAsync(int count)
    {
        var events = new List<StreamEvent>();
        while (events.Count < count)
            events.Add(await NextAsync());
        return events;
    }

    public async Task<List<StreamEvent>> ReadToEndAsync()
    {
        var events = new List<StreamEvent>();
        while (await TryNextAsync() is { } happened)
            events.Add(happened);
        return events;
    }

    public ValueTask DisposeAsync()
    {
        _reader.Dispose();
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<StreamEvent?> TryNextAsync()
    {
        if (_early is [var early, ..])
        {
            _early.RemoveAt(0);
            return early;
        }

        while (await ReadEventAsync() is { } received)
        {
            if (received.Type != "snapshot")
                return received;
            Snapshots.Add(received);
        }

        return null;
    }

    private async Task<StreamEvent?> ReadEventAsync()
    {
        string? id = null, type = null, data = null;
        while (await _reader.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("id: ", StringComparison.Ordinal))
                id = line[4..];
            else if (line.StartsWith("event: ", StringComparison.Ordinal))
                type = line[7..];
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
                data = line[6..];
            else if (line.Length == 0 && type is not null)
                return new StreamEvent(id, type, data ?? "");
        }

        return null;
    }
}

public sealed record StreamEvent(string? Id, string Type, string Data);
