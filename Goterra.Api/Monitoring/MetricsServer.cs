using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Goterra.Api.Configuration;
using Goterra.Api.Tls;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using OpenTelemetry.Metrics;

namespace Goterra.Api.Monitoring;

/// <summary>
/// Serves <c>/metrics</c> on a port of its own: neither the limits, the log nor the port of clients concern it.
/// </summary>
internal sealed partial class MetricsServer(
    MetricsOptions options, MeterProvider meters, ILoggerFactory loggers, ServerCertificate? certificate = null)
    : IHostedService, IAsyncDisposable
{
    private const string Path = "/metrics";

    private readonly ILogger _logger = loggers.CreateLogger<MetricsServer>();
    private WebApplication? _app;

    /// <summary>Where metrics are; null before the start.</summary>
    public Uri? Address { get; private set; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var app = Build();
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            await app.DisposeAsync();
            throw new IOException(
                $"{Settings.MetricsPort} ({Settings.Variable(Settings.MetricsPort)}): {e.Message}", e);
        }

        _app = app;
        var addresses =
            app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>();
        Address = new Uri(new Uri(addresses.Addresses.First()), Path);
        Log.Listening(_logger, Address);
        if (options.Token is null && certificate?.RequiresClientCertificate is not true
            && !IPAddress.IsLoopback(options.Listen))
            Log.Open(_logger);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_app is not null)
            await _app.StopAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
    }

    private WebApplication Build()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = 20;
            kestrel.Limits.MaxRequestBodySize = 0;

            // A client without permission cannot occupy a connection for long.
            kestrel.Limits.KeepAliveTimeout = kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
            kestrel.Listen(options.Listen, options.Port, listen =>
            {
                if (certificate is not null)
                    listen.UseHttps(
                        new TlsHandshakeCallbackOptions { OnConnection = _ => new(certificate.ForMetrics) });
            });
        });

        var app = builder.Build();
        app.Use((context, next) =>
        {
            // Scrapes are no requests of clients.
            if (context.Features.Get<IHttpMetricsTagsFeature>() is { } tags)
                tags.MetricsDisabled = true;
            if (IsAllowed(context.Request))
                return next(context);

            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            context.Response.Headers.WWWAuthenticate = "Bearer";
            return Task.CompletedTask;
        });
        app.UseOpenTelemetryPrometheusScrapingEndpoint(meters, null, Path, null, null);
        return app;
    }

    private bool IsAllowed(HttpRequest request)
    {
        if (options.Token is not { } token)
            return true;

        const string scheme = "Bearer ";
        var header = request.Headers.Authorization.ToString();
        return header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)
            && CryptographicOperations.FixedTimeEquals(Hash(header[scheme.Length..].Trim()), Hash(token.Value));
    }

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Metrics: {Address}")]
        public static partial void Listening(ILogger logger, Uri address);

        [LoggerMessage(
            LogLevel.Warning,
            "Anyone who can reach this server can read its metrics. Set metrics.token or web.tls.client_ca.")]
        public static partial void Open(ILogger logger);
    }
}
