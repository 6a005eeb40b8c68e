using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace Goterra.Tests.Support;

/// <summary>
/// A real HTTP server that sends scripted responses, one per request; the last one repeatedly.
/// </summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly RequestDelegate[] _script;
    private WebApplication? _application;
    private int _answered;

    private ScriptedServer(RequestDelegate[] script) => _script = script;

    /// <summary>An ETag of the form that the real server sends.</summary>
    public const string ETag = "\"1.0123456789abcdef\"";

    public ConcurrentQueue<SeenRequest> Requests { get; } = new();

    public int Port { get; private set; }

    public string Url => Certificate is null ? $"http://127.0.0.1:{Port}" : $"https://localhost:{Port}";

    /// <summary>The certificate for new connections; null without TLS.</summary>
    public X509Certificate2? Certificate { get; set; }

    /// <summary>The intermediate certificates that it sends.</summary>
    public X509Certificate2Collection Between { get; } = [];

    public static async Task<ScriptedServer> StartAsync(params RequestDelegate[] script)
    {
        var server = new ScriptedServer(script);
        await server.StartAgainAsync();
        return server;
    }

    /// <summary>With TLS, at `https://localhost`.</summary>
    public static async Task<ScriptedServer> StartSecureAsync(
        X509Certificate2 certificate, params RequestDelegate[] script)
    {
        var server = new ScriptedServer(script) { Certificate = certificate };
        await server.StartAgainAsync();
        return server;
    }

    /// <summary>A URL whose port is closed.</summary>
    public static async Task<string> DeadUrlAsync()
    {
        await using var server = await StartAsync(Status(200));
        return server.Url;
    }

    /// <summary>Listens again on the same port.</summary>
    public async Task StartAgainAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, Port, listen =>
        {
            if (Certificate is not null)
                listen.UseHttps(
                    new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(Secure(Certificate)) });
        }));
        _application = builder.Build();
        _application.Run(AnswerAsync);
        await _application.StartAsync();
        Port = new Uri(_application.Urls.First()).Port;
    }

    private SslServerAuthenticationOptions Secure(X509Certificate2 certificate) => new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(certificate, Between, offline: true),
    };

    /// <summary>Stops at once, and aborts open requests.</summary>
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
        return WriteAsync(
            context,
            "application/problem+json",
            Encoding.UTF8.GetBytes($$"""{"title":"t","detail":"{{detail}}","message":"m"}"""));
    };

    public static RequestDelegate Raw(string value) => Raw(Encoding.UTF8.GetBytes(value));

    public static RequestDelegate Raw(byte[] value) => Tagged(value, ETag);

    public static RequestDelegate Json(string json) =>
        context => WriteAsync(context, "application/json", Encoding.UTF8.GetBytes(json));

    /// <summary>Success, as the real server confirms the request.</summary>
    public static RequestDelegate Done { get; } = context =>
    {
        var path = context.Request.Path.Value ?? "";
        if (context.Request.Method == "PUT")
            return Stored(ETag)(context);
        return Json($$"""{"message":"{{(context.Request.Method == "DELETE" ? "deleted"
            : path.EndsWith("/fail", StringComparison.Ordinal) ? "failed" : "resumed")}}"}""")(context);
    };

    /// <summary>The confirmation of a write.</summary>
    public static RequestDelegate Stored(string etag) => context =>
    {
        context.Response.Headers.ETag = etag;
        return Json("""{"message":"done","revision":1}""")(context);
    };

    /// <summary>A value with its ETag.</summary>
    public static RequestDelegate Tagged(string value, string etag) => Tagged(Encoding.UTF8.GetBytes(value), etag);

    private static RequestDelegate Tagged(byte[] value, string etag) => context =>
    {
        context.Response.Headers.ETag = etag;
        return WriteAsync(context, "application/octet-stream", value);
    };

    /// <summary>A page of a portal or proxy.</summary>
    public static RequestDelegate Page(int status, string type = "text/html", string? etag = null) => context =>
    {
        context.Response.StatusCode = status;
        if (etag is not null)
            context.Response.Headers.ETag = etag;
        return WriteAsync(context, type, "<html>Please log in</html>"u8.ToArray());
    };

    /// <summary>A 404 at the end of the requested wait.</summary>
    public static RequestDelegate NotYet(SkippingTime time, string detail = "no such key") =>
        AfterItsWait(time, Problem(404, detail));

    /// <summary>A 304 at the end of the requested wait.</summary>
    public static RequestDelegate Unchanged(SkippingTime time) => AfterItsWait(time, context =>
    {
        context.Response.Headers.ETag = context.Request.Headers.IfNoneMatch;
        return Status(304)(context);
    });

    /// <summary>Sends events and closes the connection gracefully.</summary>
    public static RequestDelegate Events(params string[] frames) => async context =>
    {
        context.Response.ContentType = "text/event-stream";
        foreach (var frame in frames)
        {
            await context.Response.WriteAsync(frame);
            await context.Response.Body.FlushAsync();
        }
    };

    /// <summary>Runs <paramref name="first"/>, and keeps the response open until the client disconnects.</summary>
    public static RequestDelegate AndThenSilence(RequestDelegate first, Action<HttpContext>? reached = null) =>
        async context =>
    {
        await first(context);
        reached?.Invoke(context);
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    };

    /// <summary>Aborts the response in the middle of <paramref name="value"/>.</summary>
    public static RequestDelegate CutInTheMiddle(
        string value, string type = "application/octet-stream") => async context =>
    {
        context.Response.ContentType = type;
        context.Response.ContentLength = value.Length;
        await context.Response.WriteAsync(value[..(value.Length / 2)]);
        await context.Response.Body.FlushAsync();
        context.Abort();
    };

    /// <summary>Closes the connection without a response.</summary>
    public static RequestDelegate Hangup { get; } = context =>
    {
        context.Abort();
        return Task.CompletedTask;
    };

    private static RequestDelegate AfterItsWait(SkippingTime time, RequestDelegate answer) => context =>
    {
        var wait = context.Request.Query["wait"].ToString().TrimEnd('s');
        // In steps, so that timers run at their time.
        var culture = System.Globalization.CultureInfo.InvariantCulture;
        for (var seconds = wait.Length > 0 ? int.Parse(wait, culture) : 0; seconds > 0; seconds--)
            time.Advance(TimeSpan.FromSeconds(1));
        return answer(context);
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
            context.Request.Headers.ToDictionary(
                header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
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

internal sealed record SeenRequest(
    string Method, string Target, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public string? Header(string name) => Headers.GetValueOrDefault(name);
}
