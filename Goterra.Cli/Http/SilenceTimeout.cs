namespace Goterra.Cli.Http;

/// <param name="Response">How long the server may take to begin the response, once it has the request.</param>
/// <param name="Total">How long the attempt may take, unless data is being transferred.</param>
internal readonly record struct SendTimeouts(TimeSpan Response, TimeSpan Total);

/// <summary>
/// Cancels an attempt that makes no progress. The transfer of a large value over a slow link takes as long as it needs.
/// </summary>
internal sealed class SilenceTimeout : IDisposable
{
    /// <summary>What the system has accepted may still be on its way, at this speed or faster.</summary>
    private const int MinBytesPerSecond = 50_000;

    /// <summary>Sent at once, even over a slow link.</summary>
    private const int SmallBody = 16_384;

    private static readonly TimeSpan MaxSilence = TimeSpan.FromSeconds(30);

    /// <summary>Also at the end of <see cref="SendTimeouts.Total"/>, as long as data arrives.</summary>
    private static readonly TimeSpan MinSilence = TimeSpan.FromSeconds(5);

    private readonly SendTimeouts _timeouts;
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly CancellationTokenSource _silence;
    private readonly CancellationTokenSource _linked;

    public SilenceTimeout(SendTimeouts timeouts, TimeProvider time, CancellationToken cancellationToken)
    {
        (_timeouts, _time, _start) = (timeouts, time, time.GetTimestamp());
        _silence = new CancellationTokenSource(NotNegative(Shorter(timeouts.Response, timeouts.Total)), time);
        _linked = CancellationTokenSource.CreateLinkedTokenSource(_silence.Token, cancellationToken);
    }

    public CancellationToken Token => _linked.Token;

    public bool HasExpired => _silence.IsCancellationRequested;

    public TimeSpan Elapsed => _time.GetElapsedTime(_start);

    private TimeSpan Left => _timeouts.Total - Elapsed;

    public void OnSending() => Restart(Longer(MinSilence, Shorter(MaxSilence, Left)));

    /// <param name="length">The length of the body.</param>
    public void OnSent(int length)
    {
        var response = NotNegative(Shorter(_timeouts.Response, Left));
        Restart(length <= SmallBody
            ? response
            : Longer(MinSilence, response) + TimeSpan.FromSeconds(length / MinBytesPerSecond));
    }

    public void OnReceiving() => Restart(Longer(MinSilence, Shorter(MaxSilence, Left)));

    public void Dispose()
    {
        _linked.Dispose();
        _silence.Dispose();
    }

    private void Restart(TimeSpan limit) => _silence.CancelAfter(limit);

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;

    // Timers reject negative times.
    private static TimeSpan NotNegative(TimeSpan span) => Longer(span, TimeSpan.Zero);
}
