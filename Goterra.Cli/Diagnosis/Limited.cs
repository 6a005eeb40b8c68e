namespace Goterra.Cli.Diagnosis;

/// <summary>A token for one step, which ends by itself.</summary>
internal sealed class Limited : IDisposable
{
    private readonly CancellationTokenSource _time;
    private readonly CancellationTokenSource _either;

    public Limited(TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        _time = new CancellationTokenSource(limit, time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_time.Token, cancellationToken);
    }

    public CancellationToken Token => _either.Token;

    /// <summary>Whether <paramref name="problem"/> is that the time was over.</summary>
    public bool IsOver(Exception problem) => problem is OperationCanceledException && _time.IsCancellationRequested;

    public void Dispose()
    {
        _either.Dispose();
        _time.Dispose();
    }
}
