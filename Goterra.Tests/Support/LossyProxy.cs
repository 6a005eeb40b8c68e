using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;

namespace Goterra.Tests.Support;

/// <summary>
/// Forwards requests to a server. Drops the first response for each URL of the selected requests.
/// </summary>
internal sealed class LossyProxy : IAsyncDisposable
{
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromMinutes(1) };
    private readonly ConcurrentDictionary<string, bool> _lost = new();
    private ScriptedServer? _server;

    public string Url => _server!.Url;

    /// <summary>The number of dropped responses.</summary>
    public int Lost => _lost.Count;

    public static async Task<LossyProxy> StartAsync(Uri target, Func<SeenRequest, bool> isPicked)
    {
        var proxy = new LossyProxy();
        proxy._server = await ScriptedServer.StartAsync(context => proxy.PassAsync(context, target, isPicked));
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        _client.Dispose();
    }

    private async Task PassAsync(HttpContext context, Uri target, Func<SeenRequest, bool> isPicked)
    {
        var seen = _server!.Requests.Last();
        using var request = new HttpRequestMessage(new HttpMethod(seen.Method), new Uri(target, seen.Target))
        {
            Content = seen.Method == "GET" ? null : new ByteArrayContent(seen.Body),
        };
        var sent = seen.Headers.Where(header => header.Key is not (
            "Host" or "Connection" or "Content-Length" or "Transfer-Encoding" or "Expect"));
        foreach (var (name, value) in sent)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
                request.Content?.Headers.TryAddWithoutValidation(name, value);
        }

        using var answer = await _client.SendAsync(request);
        var body = await answer.Content.ReadAsByteArrayAsync();
        if (isPicked(seen) && _lost.TryAdd(seen.Target, true))
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = (int)answer.StatusCode;
        var received = answer.Headers.Concat(answer.Content.Headers)
            .Where(header => header.Key is not ("Transfer-Encoding" or "Connection"));
        foreach (var header in received)
            context.Response.Headers[header.Key] = header.Value.ToArray();
        await context.Response.Body.WriteAsync(body);
    }
}
