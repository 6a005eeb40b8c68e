using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Goterra.Tests.Support;

/// <summary>
/// A reverse proxy that serves a server below a path, records requests, and can lose its connections.
/// </summary>
internal sealed class PrefixProxy : IAsyncDisposable
{
    private const string Prefix = "/some/where";

    private readonly WebApplication _app;
    private readonly HttpClient _client;
    private CancellationTokenSource _connections = new();
    private volatile bool _down;

    private PrefixProxy(WebApplication app, HttpClient client) => (_app, _client) = (app, client);

    /// <summary>The address above <c>/store</c>, with a slash at its end.</summary>
    public Uri Url => new(
        _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()
        + Prefix + "/");

    /// <summary>The request lines, and the headers that browsers add by themselves.</summary>
    public ConcurrentQueue<string> Seen { get; } = new();

    public static async Task<PrefixProxy> StartAsync(Uri server)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false })
        {
            BaseAddress = server,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        var proxy = new PrefixProxy(app, client);
        app.Run(proxy.ForwardAsync);
        await app.StartAsync();
        return proxy;
    }

    /// <summary>Ends all connections; until <see cref="ComeBack"/>, requests are refused.</summary>
    public async Task GoDownAsync()
    {
        _down = true;
        await Interlocked.Exchange(ref _connections, new CancellationTokenSource()).CancelAsync();
    }

    public void ComeBack() => _down = false;

    public async ValueTask DisposeAsync()
    {
        await _connections.CancelAsync();
        await _app.DisposeAsync();
        _client.Dispose();
    }

    private async Task ForwardAsync(HttpContext context)
    {
        var request = context.Request;
        Seen.Enqueue(
            $"{request.Method} {request.Path}{request.QueryString} {request.Headers.Referer} {request.Headers.Cookie}");
        if (_down || !request.Path.StartsWithSegments(Prefix, StringComparison.Ordinal, out var path))
        {
            context.Abort();
            return;
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(_connections.Token, context.RequestAborted);
        try
        {
            using var message = new HttpRequestMessage(new HttpMethod(request.Method), path + request.QueryString);
            if (request.ContentLength > 0 || request.Headers.TransferEncoding.Count > 0)
                message.Content = new StreamContent(request.Body);
            foreach (var (name, values) in request.Headers.Where(header => header.Key != "Host"))
            {
                if (!message.Headers.TryAddWithoutValidation(name, values.AsEnumerable()))
                    message.Content?.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
            }

            using var response = await _client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, end.Token);
            context.Response.StatusCode = (int)response.StatusCode;
            foreach (var (name, values) in response.Headers.Concat(response.Content.Headers)
                .Where(header => header.Key != "Transfer-Encoding"))
                context.Response.Headers[name] = values.ToArray();
            await context.Response.StartAsync(end.Token);
            await using var body = await response.Content.ReadAsStreamAsync(end.Token);
            var buffer = new byte[16_384];
            while (await body.ReadAsync(buffer, end.Token) is var count and > 0)
                await context.Response.Body.WriteAsync(buffer.AsMemory(0, count), end.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or HttpRequestException)
        {
            context.Abort();
        }
    }
}
