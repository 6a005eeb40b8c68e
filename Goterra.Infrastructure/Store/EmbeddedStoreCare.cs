using System.Globalization;
using Goterra.Core.Deployments;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Store;

/// <summary>
/// Keeps the files of the embedded store in bounds: every few seconds it looks how long the log is, and once that has grown by 64 MB and three times what
/// lived after the last look, goes on with a new generation.
/// </summary>
internal sealed partial class EmbeddedStoreCare(StoreConnection store, TimeProvider time, ILogger<EmbeddedStoreCare> logger) : BackgroundService
{
    private const long Slack = 64_000_000;
    private const int Growth = 3;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private long _lived;

    /// <summary>Rolls if it is time to.</summary>
    /// <returns>Whether it was.</returns>
    public async Task<bool> CareAsync(CancellationToken cancellationToken)
    {
        var length = await LogLengthAsync(cancellationToken);
        if (length < Slack + (Growth * _lived))
            return false;

        await store.RollAsync(cancellationToken);
        _lived = await LogLengthAsync(cancellationToken);
        Log.Rolled(logger, length, _lived);
        return true;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (store.Embedded is null)
            return;

        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await CareAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Log.Failed(logger, e);
            }
        }
    }

    private async Task<long> LogLengthAsync(CancellationToken cancellationToken)
    {
        var info = (string)(await store.CallAsync(db => db.ExecuteAsync("INFO", "PERSISTENCE"), cancellationToken))!;
        return Field(info, "TailAddress") - Field(info, "BeginAddress");
    }

    private static long Field(string info, string name)
    {
        foreach (var line in info.Split('\n'))
        {
            if (line.StartsWith(name + ":", StringComparison.Ordinal) && long.TryParse(line.AsSpan(name.Length + 1).Trim(), CultureInfo.InvariantCulture, out var value))
                return value;
        }

        throw new InvalidOperationException($"The embedded store does not tell its {name}.");
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The log of the embedded store was rewritten: {Before} bytes before, {After} after.")]
        public static partial void Rolled(ILogger logger, long before, long after);

        [LoggerMessage(LogLevel.Warning, "Could not rewrite the log of the embedded store; trying again in a moment.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
