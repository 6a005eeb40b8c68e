using Goterra.Cli.Connection;

namespace Goterra.Cli.Output;

/// <summary>
/// Says on stderr what the program waits for, how long it has and how long it still will: in a log after 30 s and then at
/// doubled distances, on a terminal in a line that keeps itself up to date.
/// </summary>
internal sealed class WaitNotice : IDisposable
{
    private static readonly TimeSpan FirstInLog = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan OnTerminal = TimeSpan.FromSeconds(1);

    private readonly string _doing;
    private readonly Deadline _deadline;
    private readonly Talk _talk;
    private readonly Lock _state = new();
    private readonly ITimer _timer;
    private TimeSpan _next;
    private string? _lastWord;
    private bool _over;

    public WaitNotice(string doing, Deadline deadline, Talk talk, TimeProvider time)
    {
        (_doing, _deadline, _talk) = (doing, deadline, talk);
        _next = talk.IsTerminal ? OnTerminal : FirstInLog;
        _timer = time.CreateTimer(static notice => ((WaitNotice?)notice)?.Tell(), this, _next, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Why it isn't over yet, in the words of the server.</summary>
    public void Because(string? word)
    {
        lock (_state)
            _lastWord = word;
    }

    public void Dispose()
    {
        lock (_state)
        {
            _over = true;
            _talk.EndPassing();
        }

        _timer.Dispose();
    }

    private void Tell()
    {
        lock (_state)
        {
            if (_over)
                return;
            var waited = _deadline.Elapsed;
            var text = $"waiting {Human.Span(waited)}, {Human.Span(_deadline.Remaining)} left: {_doing}{(_lastWord is null ? "" : $" ({_lastWord})")}";
            if (_talk.IsTerminal)
                _talk.Pass(text);
            else
                _talk.Say(text);

            _next = _talk.IsTerminal ? _next + OnTerminal : _next * 2;
            var pause = _next - waited;
            _timer.Change(pause > OnTerminal ? pause : OnTerminal, Timeout.InfiniteTimeSpan);
        }
    }
}
