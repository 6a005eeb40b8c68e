namespace Goterra.Terraform.Runtime;

/// <summary>Terraform's request to stop, after an interrupt of the user.</summary>
internal sealed class StopSignal : IDisposable
{
    /// <summary>
    /// How long a request may still take that creates something: the response belongs in the state, or the next apply
    /// does not know of it.
    /// </summary>
    public static readonly TimeSpan GracePeriod = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _requested = new();
    private readonly CancellationTokenSource _final;

    public StopSignal(TimeProvider time)
    {
        _final = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _requested.Token.Register(() => _final.CancelAfter(GracePeriod));
    }

    /// <summary>Ends reads and waits at once.</summary>
    public CancellationToken Requested => _requested.Token;

    /// <summary>Ends writes, after a while.</summary>
    public CancellationToken Final => _final.Token;

    public void Request() => _requested.Cancel();

    public void Dispose()
    {
        _requested.Dispose();
        _final.Dispose();
    }
}
