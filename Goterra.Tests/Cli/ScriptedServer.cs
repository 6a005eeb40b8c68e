using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Goterra.Tests.Cli;

/// <summary>A real HTTP server that plays what a test writes: the answer to the first request, to the second, and so on; the last one stays.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly RequestDelegate[] _script;
    private WebApplication? _application;
    private int _answered;

    private ScriptedServer(RequestDelegate[] script) => _script = script;

    public ConcurrentQueue<SeenRequest> Requests { get; } = new();

    public int Port { get; private set; }

    public string Url => $"http://127.0.0.1:{Port}";

    public static async Task<ScriptedServer> StartAsync(params RequestDelegate[] script)
    {
        var server = new ScriptedServer(script);
        await server.StartAgainAsync();
        return server;
    }

    /// <summary>An address at which nobody listens any more.</summary>
    public static async Task<string> DeadUrlAsync()
    {
        await using var server = await StartAsync(Status(200));
        return server.Url;
    }

    /// <summary>Listens again, at the port of the first time.</summary>
    public async Task StartAgainAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, Port));
        _application = builder.Build();
        _application.Run(AnswerAsync);
        await _application.StartAsync();
        Port = new Uri(_application.Urls.First()).Port;
    }

    /// <summary>Stops at once; open requests lose their connection.</summary>
    public async Task StopAsync()
    {
        if (_application is null)
            return;
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _application.StopAsync(now.Token);
        await _application.DisposeAsync();
        _application = null;
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    public static RequestDelegate Status(int status) => context =>
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    };

    public static RequestDelegate Problem(int status, string detail, string? retryAfter = null) => context =>
    {
        context.Response.StatusCode = status;
        if (retryAfter is not null)
            context.Response.Headers.RetryAfter = retryAfter;
        return WriteAsync(context, "application/problem+json", Encoding.UTF8.GetBytes($$"""{"title":"t","detail":"{{detail}}","message":"m"}"""));
    };

    public static RequestDelegate Raw(string value) => Raw(Encoding.UTF8.GetBytes(value));

    public static RequestDelegate Raw(byte[] value) => context => WriteAsync(context, "application/octet-stream", value);

    public static RequestDelegate Json(string json) => context => WriteAsync(context, "application/json", Encoding.UTF8.GetBytes(json));

    public static RequestDelegate Done { get; } = Json("""{"message":"done","revision":1}""");

    /// <summary>A 404 that comes when the time which the request asked for is over, as a server's that knows `wait`.</summary>
    public static RequestDelegate NotYet(SkippingTime time) => context =>
    {
        var wait = context.Request.Query["wait"].ToString();
        if (wait.Length > 0)
            time.Advance(TimeSpan.FromSeconds(int.Parse(wait.TrimEnd('s'), System.Globalization.CultureInfo.InvariantCulture)));
        return Problem(404, "no such key")(context);
    };

    /// <summary>Promises <paramref name="value"/> and breaks off in its middle.</summary>
    public static RequestDelegate CutInTheMiddle(string value) => async context =>
    {
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = value.Length;
        await context.Response.WriteAsync(value[..(value.Length / 2)]);
        await context.Response.Body.FlushAsync();
        context.Abort();
    };

    /// <summary>Takes the request, and ends the connection without an answer.</summary>
    public static RequestDelegate Hangup { get; } = context =>
    {
        context.Abort();
        return Task.CompletedTask;
    };

    private async Task AnswerAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = null;
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        Requests.Enqueue(new SeenRequest(
            context.Request.Method,
            context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
            context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            body.ToArray()));

        var turn = Interlocked.Increment(ref _answered) - 1;
        await _script[Math.Min(turn, _script.Length - 1)](context);
    }

    private static async Task WriteAsync(HttpContext context, string type, byte[] body)
    {
        context.Response.ContentType = type;
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body);
    }
}

internal sealed record SeenRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public string? Header(string name) => Headers.GetValueOrDefault(name);
}
