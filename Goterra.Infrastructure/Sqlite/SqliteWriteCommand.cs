using Goterra.Infrastructure.Monitoring;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>A write in the writer's queue.</summary>
internal abstract class SqliteWriteCommand
{
    /// <summary>It frees space, and may use the reserve of a full disk.</summary>
    public bool MayUseReserve { get; init; }

    /// <summary>It probes whether there is room for a small write.</summary>
    public bool IsProbe { get; init; }

    public int Bytes { get; init; }

    /// <summary>When it was queued; see <see cref="StoreMetrics.Start"/>.</summary>
    public long Queued { get; set; }

    public abstract void Run(SqliteWriteSession session);

    /// <summary>Takes effect with <see cref="Complete"/>, unless the command runs again before.</summary>
    public abstract void Fail(Exception e);

    public abstract void Complete();
}

internal sealed class SqliteWriteCommand<T>(Func<SqliteWriteSession, T> run) : SqliteWriteCommand
{
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _result;
    private Exception? _error;

    public Task<T> Task => _completion.Task;

    public override void Run(SqliteWriteSession session) => _error = session.TryRun(() => _result = run(session));

    public override void Fail(Exception e) => _error = e;

    public override void Complete()
    {
        if (_error is not null)
            _completion.TrySetException(SqliteFaults.Translate(_error) ?? _error);
        else
            _completion.TrySetResult(_result!);
    }
}
