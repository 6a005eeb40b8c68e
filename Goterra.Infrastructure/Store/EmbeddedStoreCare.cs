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
internal sealed partial class EmbeddedStoreCare(
    StoreConnection store, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<EmbeddedStoreCare> logger) : BackgroundService
{
    private const long Slack = 64_000_000;
    private const int Growth = 3;
    private const int MostFailures = 3;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    // What of the log lived at the last rewriting; not known before the first look.
    private long? _lived;
    private long _failed;

    /// <summary>Rolls if it is time to.</summary>
    /// <returns>Whether it was.</returns>
    public async Task<bool> CareAsync(CancellationToken cancellationToken)
    {
        var length = await LogLengthAsync(cancellationToken);

        // After a start nobody knows how much of the log lives: a quarter is taken for it, so that not every start rewrites it.
        _lived ??= length / (Growth + 1);
        if (length < Slack + (Growth * _lived))
            return false;

        await store.RollAsync(cancellationToken);
        _lived = await LogLengthAsync(cancellationToken);
        Log.Rolled(logger, length, _lived.Value);
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
                _failed = 0;
            }
            catch (StoreUnavailableException) when (++_failed >= MostFailures)
            {
                // It lives in this process and can't be reached: its disk is full, or it has failed. Only a new start will help.
                Log.Dead(logger);
                Environment.ExitCode = 1;
                lifetime.StopApplication();
                return;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Log.Failed(logger, e);
                if (e is not StoreUnavailableException)
                    await Task.Delay(Patience, time, stoppingToken);
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

        [LoggerMessage(LogLevel.Warning, "Could not rewrite the log of the embedded store; trying again in a minute.")]
        public static partial void Failed(ILogger logger, Exception exception);

        [LoggerMessage(LogLevel.Critical, "The embedded store does not answer any more; stopping. Is the disk full? What was acknowledged is there after the next start.")]
        public static partial void Dead(ILogger logger);
    }
}
