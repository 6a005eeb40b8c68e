using System.Threading.Channels;
using Goterra.Api.Configuration;

namespace Goterra.Api.Auditing;

/// <summary>
/// Writes the audit log in the background. Requests never wait for it. While the file cannot be written, the entries
/// are kept in memory; a stop writes what is left.
/// </summary>
internal sealed partial class AuditLog(AuditOptions options, TimeProvider time, ILogger<AuditLog> logger)
    : IHostedService, IDisposable
{
    /// <summary>About 30 MB.</summary>
    private const int MaxPending = 100_000;

    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LogInterval = TimeSpan.FromMinutes(1);

    /// <summary>Not shared with other services that stop, as the shutdown timeout of the host is.</summary>
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(2);

    private readonly Channel<AuditEntry> _entries = Channel.CreateBounded<AuditEntry>(
        new BoundedChannelOptions(MaxPending) { SingleReader = true });

    private readonly AuditFile _file = new(options);
    private readonly CancellationTokenSource _stopping = new();
    private Task _writing = Task.CompletedTask;
    private long _lost;

    /// <summary>Entries that were lost because the file could not be written for too long.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    public void Write(AuditEntry entry)
    {
        if (!_entries.Writer.TryWrite(entry))
            Interlocked.Increment(ref _lost);
    }

    /// <exception cref="InvalidConfigurationException">The file cannot be opened.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            _file.Open();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SettingReader.Invalid(Settings.AuditFile, e.Message);
        }

        _writing = Task.Run(RunAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <summary>Writes what is left. Runs after the last request.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _entries.Writer.TryComplete();
        await _stopping.CancelAsync();
        await _writing.WaitAsync(DrainTimeout, time, CancellationToken.None)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        // A writer that still hangs keeps its file.
        if (_writing.IsCompleted)
            _file.Dispose();
    }

    public void Dispose() => _stopping.Dispose();

    private async Task RunAsync()
    {
        var batch = new List<AuditEntry>();
        long? failedAt = null;
        while (batch.Count > 0 || await _entries.Reader.WaitToReadAsync())
        {
            while (batch.Count < 1000 && _entries.Reader.TryRead(out var entry))
                batch.Add(entry);
            var written = 0;
            try
            {
                while (written < batch.Count)
                    written += _file.Append(batch, written);
                if (failedAt is not null)
                    Log.Recovered(logger, options.File, Lost);
                failedAt = null;
                batch.Clear();
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                batch.RemoveRange(0, written);
                _file.Dispose();
                if (failedAt is not { } at || time.GetElapsedTime(at) >= LogInterval)
                {
                    failedAt = time.GetTimestamp();
                    Log.Failed(logger, options.File, e.Message, batch.Count + _entries.Reader.Count, Lost);
                }

                if (_stopping.IsCancellationRequested)
                {
                    Interlocked.Add(ref _lost, batch.Count + _entries.Reader.Count);
                    Log.Dropped(logger, options.File, Lost);
                    return;
                }

                await Task.Delay(RetryInterval, time, _stopping.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Error,
            "The audit file {File} cannot be written: {Cause} Entries in memory: {Pending}; lost: {Lost}.")]
        public static partial void Failed(ILogger logger, string file, string cause, int pending, long lost);

        [LoggerMessage(
            LogLevel.Error, "The audit file {File} could not be written before the stop. Lost entries: {Lost}.")]
        public static partial void Dropped(ILogger logger, string file, long lost);

        [LoggerMessage(LogLevel.Warning, "The audit file {File} can be written again. Lost entries: {Lost}.")]
        public static partial void Recovered(ILogger logger, string file, long lost);
    }
}
