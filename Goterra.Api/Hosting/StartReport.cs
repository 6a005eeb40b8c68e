using System.Net;
using Goterra.Api.Configuration;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Goterra.Api.Hosting;

/// <summary>Says at the start what an operator will want to know later.</summary>
internal sealed partial class StartReport(ServerOptions options, IServer server, IHostApplicationLifetime lifetime, ILogger<StartReport> logger)
    : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var warning in options.Warnings)
            Log.Ignored(logger, warning);
        if (options.Access.Anonymous)
            Log.Anonymous(logger);
        else if (!options.Users.HasSource)
            Log.NobodyCreates(logger);
        if (options.Users.Users.Count > 0)
            Log.Users(logger, options.Users.Users.Count);
        if (options.Users.Auth is { } auth)
            Log.Auth(logger, auth.Base);
        if (options.Users.Auth?.Base is { Scheme: "http", IsLoopback: false })
            Log.AuthInTheClear(logger);
        if (options.Users.Auth?.Platform is { Scheme: "http", IsLoopback: false } platform && platform != options.Users.Auth.Base)
            Log.PlatformInTheClear(logger);
        Log.Started(logger, ServerVersion.Text, options.Store.Redis?.ToString() ?? "embedded, in " + options.Store.Data);
        lifetime.ApplicationStarted.Register(TellAddresses);
        lifetime.ApplicationStopping.Register(() => Log.Stopping(logger));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // Known only now: port 0 is any that is free.
    private void TellAddresses()
    {
        foreach (var address in server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [])
            Log.Listening(logger, address);
        if (options.Url is { } url)
            Log.Told(logger, url);
        else if (!IPAddress.IsLoopback(options.Web.Listen))
            Log.ToldLocal(logger);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Warning}")]
        public static partial void Ignored(ILogger logger, string warning);

        [LoggerMessage(LogLevel.Warning, "Everybody who reaches this server may create deployments (features.anonymous).")]
        public static partial void Anonymous(ILogger logger);

        [LoggerMessage(LogLevel.Warning, "Nobody may create deployments: list users under 'users', name an auth service (GOT_PROXY_AUTH), or set 'features.anonymous: true' (GOT_FEAT_ANONYMOUS=1) to allow it to everybody who reaches this server.")]
        public static partial void NobodyCreates(ILogger logger);

        [LoggerMessage(LogLevel.Information, "Users of the configuration: {Count}.")]
        public static partial void Users(ILogger logger, int count);

        [LoggerMessage(LogLevel.Information, "API keys are looked up at {Address}.")]
        public static partial void Auth(ILogger logger, Uri address);

        [LoggerMessage(LogLevel.Warning, "The auth service is asked over http: whoever is on the way reads every API key. Use https (auth.url, GOT_PROXY_AUTH).")]
        public static partial void AuthInTheClear(ILogger logger);

        [LoggerMessage(LogLevel.Warning, "The deploy service is asked over http: whoever is on the way reads its users' tokens. Use https (auth.platform, GOT_PROXY).")]
        public static partial void PlatformInTheClear(ILogger logger);

        [LoggerMessage(LogLevel.Information, "goterra-store {Version}; store: {Store}.")]
        public static partial void Started(ILogger logger, string version, string store);

        [LoggerMessage(LogLevel.Information, "Now listening on: {Address}")]
        public static partial void Listening(ILogger logger, string address);

        [LoggerMessage(LogLevel.Information, "Clients are told that this server is at {Url}.")]
        public static partial void Told(ILogger logger, string url);

        [LoggerMessage(LogLevel.Warning, "Clients are told that this server is at http://localhost, where only this machine finds it: set 'url' (GOT_URL) to the address under which they reach it.")]
        public static partial void ToldLocal(ILogger logger);

        [LoggerMessage(LogLevel.Information, "Stopping: open waits are told to come back.")]
        public static partial void Stopping(ILogger logger);
    }
}
