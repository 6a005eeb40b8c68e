namespace Goterra.Infrastructure.Store;

/// <summary>Lets any number of calls through at once, until somebody closes it: he then has it to himself, and the calls wait.</summary>
internal sealed class CallGate
{
    private readonly Lock _lock = new();
    private int _inside;
    private TaskCompletionSource? _opened;
    private TaskCompletionSource? _emptied;

    public async ValueTask EnterAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task opened;
            lock (_lock)
            {
                if (_opened is null)
                {
                    _inside++;
                    return;
                }

                opened = _opened.Task;
            }

            await opened.WaitAsync(cancellationToken);
        }
    }

    public void Leave()
    {
        lock (_lock)
        {
            if (--_inside == 0)
                _emptied?.TrySetResult();
        }
    }

    /// <summary>Closes the gate, and comes back when the last one inside has left. One at a time.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        Task emptied;
        lock (_lock)
        {
            _opened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _emptied = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_inside == 0)
                _emptied.SetResult();
            emptied = _emptied.Task;
        }

        try
        {
            await emptied.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Open();
            throw;
        }
    }

    public void Open()
    {
        lock (_lock)
        {
            _opened?.SetResult();
            _opened = null;
        }
    }
}
