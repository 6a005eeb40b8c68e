using Goterra.Api.Configuration;

namespace Goterra.Api.Hosting;

/// <summary>Says at the start what an operator will want to know later.</summary>
internal sealed partial class StartReport(ServerOptions options, ILogger<StartReport> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var warning in options.Warnings)
            Log.Ignored(logger, warning);
        if (options.Access.Anonymous)
            Log.Anonymous(logger);
        else
            Log.NobodyCreates(logger);
        Log.Started(logger, ServerVersion.Text, options.Store.Redis?.ToString() ?? "embedded, in " + options.Store.Data, options.Web.Listen, options.Web.Port);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Warning}")]
        public static partial void Ignored(ILogger logger, string warning);

        [LoggerMessage(LogLevel.Warning, "Everybody who reaches this server may create deployments (features.anonymous).")]
        public static partial void Anonymous(ILogger logger);

        [LoggerMessage(LogLevel.Warning, "Nobody may create deployments: set 'features.anonymous: true' (GOT_FEAT_ANONYMOUS=1) to allow it to everybody who reaches this server.")]
        public static partial void NobodyCreates(ILogger logger);

        [LoggerMessage(LogLevel.Information, "goterra-store {Version}; store: {Store}; listening on {Address} port {Port}.")]
        public static partial void Started(ILogger logger, string version, string store, System.Net.IPAddress address, int port);
    }
}
