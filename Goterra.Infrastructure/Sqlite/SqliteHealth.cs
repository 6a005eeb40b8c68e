using Goterra.Core.Deployments;
using Goterra.Infrastructure.Encryption;
using Microsoft.Extensions.Logging;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>Whether the disk takes reads and writes. A fault is logged when it begins and when it is over, not with each request; each damage once.</summary>
internal sealed partial class SqliteHealth(TimeProvider time, ILogger<SqliteHealth> logger)
{
    public const string Checkpoints = "Checkpoints";
    public const string Reads = "Reads";
    public const string Writes = "Writes";

    private const int MaxDamages = 100;

    // Where some requests meet a fault and others do not, it goes on.
    private static readonly TimeSpan QuietPeriod = TimeSpan.FromSeconds(5);

    private readonly object _gate = new();
    private readonly Dictionary<string, (string Problem, long LastSeen)> _faults = [];
    private readonly HashSet<string> _damages = [];

    /// <summary>What fails, and why; null where nothing does.</summary>
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

    /// <param name="operation">What failed.</param>
    /// <returns>What the fault means to the caller.</returns>
    public Exception Report(Exception e, string operation = Writes)
    {
        var fault = SqliteFaults.Translate(e);
        lock (_gate)
        {
            if (fault is StoreDamagedException and not UnreadableValueException && _damages.Count < MaxDamages && _damages.Add(e.Message))
                Log.Damaged(logger, e.Message);

            // Without a cause below it, it is not the disk that failed: the server is stopping, or has too much to do.
            if (fault is StoreUnavailableException { InnerException: not null })
            {
                if (!_faults.ContainsKey(operation))
                    Log.Degraded(logger, operation, fault.Message);
                _faults[operation] = (fault.Message, time.GetTimestamp());
            }
        }

        return fault ?? e;
    }

    /// <summary>After a successful probe: ends the faults that no request has met for a while.</summary>
    public void EndFaults()
    {
        lock (_gate)
        {
            foreach (var operation in _faults.Where(fault => time.GetElapsedTime(fault.Value.LastSeen) >= QuietPeriod).Select(fault => fault.Key).ToList())
            {
                _faults.Remove(operation);
                Log.Recovered(logger, operation);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "{Operation:l} fail: {Problem:l} They resume by themselves when the cause is gone.")]
        public static partial void Degraded(ILogger logger, string operation, string problem);

        [LoggerMessage(LogLevel.Information, "{Operation:l} succeed again.")]
        public static partial void Recovered(ILogger logger, string operation);

        [LoggerMessage(LogLevel.Critical, "The store is damaged: {Cause} What is intact stays readable. Stop the server, run 'goterra-store check', and restore a backup with 'goterra-store restore FILE'.")]
        public static partial void Damaged(ILogger logger, string cause);
    }
}
