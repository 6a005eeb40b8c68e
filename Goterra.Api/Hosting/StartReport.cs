using System.Net;
using Goterra.Api.Configuration;
using Goterra.Api.Http;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Goterra.Api.Hosting;

/// <summary>Logs the main settings at startup.</summary>
internal sealed partial class StartReport(
    ServerOptions options, IServer server, IHostApplicationLifetime lifetime,
    ILogger<StartReport> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var warning in options.Warnings)
            Log.Ignored(logger, warning);
        if (options.Access.Anonymous)
            Log.Anonymous(logger);
        else if (!options.Users.HasSource)
            Log.CreationDisabled(logger);
        if (options.Users.Users.Count > 0)
            Log.Users(logger, options.Users.Users.Count);
        if (options.Users.Auth is { } auth)
            Log.Auth(logger, auth.Base);
        if (options.Users.Auth?.Base is { Scheme: "http", IsLoopback: false })
            Log.AuthUnencrypted(logger);
        if (options.Users.Auth?.Platform is { Scheme: "http", IsLoopback: false } platform
            && platform != options.Users.Auth.Base)
            Log.PlatformUnencrypted(logger);
        Log.Started(
            logger, ServerVersion.Text, options.Store.Redis?.ToString() ?? "embedded, in " + options.Store.Data);
        lifetime.ApplicationStarted.Register(LogAddresses);
        lifetime.ApplicationStopping.Register(() => Log.Stopping(logger));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // Not known earlier: port 0 stands for any free port.
    private void LogAddresses()
    {
        foreach (var address in server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [])
            Log.Listening(logger, address);
        if (options.Web.Tls is null && !IPAddress.IsLoopback(options.Web.Listen))
            Log.Unencrypted(logger);
        var isLocal = options.Url is null || new Uri(options.Url).IsLoopback;
        if (isLocal && !IPAddress.IsLoopback(options.Web.Listen))
            Log.PublicUrlIsLocal(logger, options.Url ?? (options.Web.Tls is null ? "http" : "https") + "://localhost");
        else if (options.Url is { } url)
            Log.PublicUrl(logger, url);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Warning}")]
        public static partial void Ignored(ILogger logger, string warning);

        [LoggerMessage(LogLevel.Warning,
            "Anyone who can reach this server can create deployments (features.anonymous).")]
        public static partial void Anonymous(ILogger logger);

        [LoggerMessage(LogLevel.Warning,
            "No one can create deployments: list users under 'users', set an auth service (GOT_PROXY_AUTH), or set "
            + "'features.anonymous: true' (GOT_FEAT_ANONYMOUS=1) to allow it to anyone who can reach this server.")]
        public static partial void CreationDisabled(ILogger logger);

        [LoggerMessage(LogLevel.Information, "Configured users: {Count}")]
        public static partial void Users(ILogger logger, int count);

        [LoggerMessage(LogLevel.Information, "Auth service: {Address}")]
        public static partial void Auth(ILogger logger, Uri address);

        [LoggerMessage(LogLevel.Warning,
            "API keys are sent to the auth service unencrypted (http). Use https (auth.url, GOT_PROXY_AUTH).")]
        public static partial void AuthUnencrypted(ILogger logger);

        [LoggerMessage(LogLevel.Warning,
            "Users' tokens are sent to the deploy service unencrypted (http). Use https (auth.platform, GOT_PROXY).")]
        public static partial void PlatformUnencrypted(ILogger logger);

        [LoggerMessage(LogLevel.Information, "goterra-store {Version}; store: {Store}")]
        public static partial void Started(ILogger logger, string version, string store);

        [LoggerMessage(LogLevel.Information, "Now listening on: {Address}")]
        public static partial void Listening(ILogger logger, string address);

        [LoggerMessage(LogLevel.Warning,
            "This server uses no TLS: tokens and values cross the network unencrypted, unless a TLS proxy is in front "
            + "of it. Set web.tls.certificate and web.tls.key.")]
        public static partial void Unencrypted(ILogger logger);

        [LoggerMessage(LogLevel.Information, "Public URL: {Url}")]
        public static partial void PublicUrl(ILogger logger, string url);

        [LoggerMessage(LogLevel.Warning,
            "Public URL: {Url}, which other machines cannot reach. Set 'url' (GOT_PUBLIC_URL).")]
        public static partial void PublicUrlIsLocal(ILogger logger, string url);

        [LoggerMessage(LogLevel.Information, "Shutting down. Open waits get 503 with Retry-After.")]
        public static partial void Stopping(ILogger logger);
    }
}
