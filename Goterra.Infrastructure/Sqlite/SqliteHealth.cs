using Goterra.Core.Deployments;
using Goterra.Infrastructure.Encryption;
using Goterra.Infrastructure.Monitoring;
using Microsoft.Extensions.Logging;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>
/// Tracks whether reads and writes succeed. A fault is logged when it begins and when it ends, not per request; each
/// damage once.
/// </summary>
internal sealed partial class SqliteHealth(TimeProvider time, ILogger<SqliteHealth> logger, StoreMetrics metrics)
{
    public const string Checkpoints = "Checkpoints";
    public const string Removals = "Removals of value files";
    public const string Reads = "Reads";
    public const string Writes = "Writes";

    private const int MaxDamages = 100;

    // A fault that only some requests meet continues.
    private static readonly TimeSpan QuietPeriod = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan LogInterval = TimeSpan.FromMinutes(1);

    private readonly object _gate = new();
    private readonly Dictionary<string, Fault> _faults = [];
    private readonly HashSet<string> _damages = [];

    /// <summary>The folder was removed: neither reads nor writes make sense. Null while it is there.</summary>
    public string? Removal { get; private set; }

    public StoreMetrics Metrics => metrics;

    /// <summary>The current problem; null if there is none.</summary>
    public string? Problem
    {
        get
        {
            lock (_gate)
            {
                return _faults.Count == 0 ? null : _faults.Values.First().Problem;
            }
        }
    }

    /// <param name="removal">What happened to the folder; null if it is there.</param>
    public void ReportRemoval(string? removal)
    {
        if (removal is not null && Removal is null)
            Log.Removed(logger, removal);
        Removal = removal is null
            ? null
            : $"{removal} while the server is running: writes are refused, because they would be lost. "
                + "Put it back, or restart the server.";
    }

    /// <param name="operation">The kind of operation that failed.</param>
    /// <returns>The exception for the caller.</returns>
    public Exception Report(Exception e, string operation = Writes)
    {
        var fault = SqliteFaults.Translate(e);
        metrics.CountFailure(fault ?? e);
        lock (_gate)
        {
            if (fault is StoreDamagedException and not UnreadableValueException && _damages.Count < MaxDamages
                && _damages.Add(e.Message))
                Log.Damaged(logger, e.Message);

            // Without an inner exception the disk did not fail: the server is stopping or overloaded.
            if (fault is StoreUnavailableException { InnerException: not null })
            {
                Note(operation, fault.Message, fault.InnerException.Message);
            }
        }

        return fault ?? e;
    }

    /// <summary>Ends the faults that no request has met for a while. Called after a successful probe.</summary>
    public void EndFaults()
    {
        lock (_gate)
        {
            foreach (var (operation, fault) in _faults.ToList())
            {
                if (time.GetElapsedTime(fault.LastSeen) < QuietPeriod)
                    continue;

                _faults.Remove(operation);
                Log.Recovered(logger, operation);
            }
        }
    }

    private void Note(string operation, string problem, string cause)
    {
        var now = time.GetTimestamp();
        if (!_faults.TryGetValue(operation, out var fault))
        {
            fault = new Fault(problem, now, now, now);
            Log.Degraded(logger, operation, problem, cause);
        }
        else if (time.GetElapsedTime(fault.Logged, now) >= LogInterval)
        {
            fault = fault with { Logged = now };
            var minutes = (int)time.GetElapsedTime(fault.Began, now).TotalMinutes;
            Log.StillDegraded(logger, operation, minutes, problem, cause);
        }

        _faults[operation] = fault with { Problem = problem, LastSeen = now };
    }

    /// <summary>Times are those of <see cref="TimeProvider.GetTimestamp"/>.</summary>
    private sealed record Fault(string Problem, long Began, long Logged, long LastSeen);

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Error, "{Operation:l} are failing: {Problem:l} They resume automatically. Cause: {Cause:l}")]
        public static partial void Degraded(ILogger logger, string operation, string problem, string cause);

        [LoggerMessage(
            LogLevel.Error,
            "{Operation:l} have been failing for {Minutes} min: {Problem:l} Cause: {Cause:l}")]
        public static partial void StillDegraded(
            ILogger logger, string operation, int minutes, string problem, string cause);

        [LoggerMessage(LogLevel.Information, "{Operation:l} have recovered.")]
        public static partial void Recovered(ILogger logger, string operation);

        [LoggerMessage(
            LogLevel.Critical,
            "{Removal:l} while the server is running. Writes are refused, because they would be lost. Put it back, or "
                + "restart the server.")]
        public static partial void Removed(ILogger logger, string removal);

        [LoggerMessage(
            LogLevel.Critical,
            "The store is damaged: {Cause} Undamaged data stays readable. " +
            "Stop the server, run 'goterra-store check', and restore a backup with 'goterra-store restore FILE'.")]
        public static partial void Damaged(ILogger logger, string cause);
    }
}
