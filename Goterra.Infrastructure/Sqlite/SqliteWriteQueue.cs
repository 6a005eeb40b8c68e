using Goterra.Core.Deployments;
using Goterra.Infrastructure.Monitoring;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>The commands that wait for the writer.</summary>
internal sealed class SqliteWriteQueue(StoreMetrics metrics)
{
    private const int MaxQueued = 20_000;
    private const long MaxQueuedBytes = 64_000_000;
    private const int MaxBatch = 1_000;
    private const long MaxBatchBytes = 4_000_000;

    private readonly object _gate = new();
    private readonly Queue<SqliteWriteCommand> _queued = [];
    private long _queuedBytes;
    private volatile bool _stopping;

    public bool IsStopping => _stopping;

    public int Length
    {
        get
        {
            lock (_gate)
            {
                return _queued.Count;
            }
        }
    }

    /// <exception cref="StoreUnavailableException">The queue is full, or the server is stopping.</exception>
    public Task<T> EnqueueAsync<T>(SqliteWriteCommand<T> command)
    {
        lock (_gate)
        {
            if (_stopping)
                throw new StoreUnavailableException("The server is stopping.");
            if (_queued.Count >= MaxQueued || _queuedBytes + command.Bytes > MaxQueuedBytes)
                throw new StoreUnavailableException("The write queue is full.");

            command.Queued = metrics.Start();
            _queued.Enqueue(command);
            _queuedBytes += command.Bytes;
            Monitor.Pulse(_gate);
        }

        return command.Task;
    }

    /// <summary>Waits for the next batch.</summary>
    /// <returns>False after a stop, when none is left.</returns>
    public bool TryTake(List<SqliteWriteCommand> batch)
    {
        lock (_gate)
        {
            while (_queued.Count == 0 && !_stopping)
                Monitor.Wait(_gate);

            for (
                var bytes = 0L; batch.Count < MaxBatch && bytes < MaxBatchBytes
                    && _queued.TryDequeue(out var command); bytes += command.Bytes)
            {
                batch.Add(command);
                _queuedBytes -= command.Bytes;
            }

            return batch.Count > 0;
        }
    }

    /// <summary>Refuses further commands.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.Pulse(_gate);
        }
    }
}
