using Goterra.Core.Deployments;
using Microsoft.Extensions.Logging;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>Whether the disk takes writes. A fault is logged when it begins and when it is over, not with each write; damage once.</summary>
internal sealed partial class SqliteHealth(ILogger<SqliteHealth> logger)
{
    private volatile string? _problem;
    private int _damaged;

    /// <summary>Why writes fail; null where they do not.</summary>
    public string? Problem => _problem;

    /// <returns>What the fault means to the caller.</returns>
    public Exception Report(Exception e)
    {
        var fault = SqliteFaults.Translate(e);
        if (fault is StoreDamagedException && Interlocked.Exchange(ref _damaged, 1) == 0)
            Log.Damaged(logger, e.Message);

        // Without a cause below it, it is not the disk that failed: the store is being stopped, or has too much to do.
        if (fault is StoreUnavailableException { InnerException: not null } && Interlocked.Exchange(ref _problem, fault.Message) is null)
            Log.Degraded(logger, fault.Message);
        return fault ?? e;
    }

    public void Recovered()
    {
        if (Interlocked.Exchange(ref _problem, null) is not null)
            Log.Recovered(logger);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Writes fail: {Problem} They resume by themselves when the cause is gone.")]
        public static partial void Degraded(ILogger logger, string problem);

        [LoggerMessage(LogLevel.Information, "The store takes writes again.")]
        public static partial void Recovered(ILogger logger);

        [LoggerMessage(LogLevel.Critical, "The database is damaged ({Cause}). What is intact stays readable. Stop the server, run 'goterra-store check', and restore a backup with 'goterra-store restore FILE'.")]
        public static partial void Damaged(ILogger logger, string cause);
    }
}
