namespace Goterra.Tests.Support;

/// <summary>A stream of server-sent events, as a browser reads it.</summary>
public sealed class WatchedEvents : IAsyncDisposable
{
    private readonly HttpClient _client;
    private readonly StreamReader _reader;

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

    public async Task<StreamEvent> NextAsync() =>
        await TryNextAsync() ?? throw new InvalidOperationException("The stream has ended.");

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
