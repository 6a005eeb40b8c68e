using Goterra.Cli.Output;

namespace Goterra.Cli.Http;

/// <summary>
/// The time at which a command gives up, on the monotonic clock: the wall clock of a machine that boots may jump.
/// </summary>
internal sealed class Deadline(TimeProvider time, TimeSpan length)
{
    private static readonly TimeSpan MinAttempt = TimeSpan.FromSeconds(1);

    private long _start = time.GetTimestamp();

    public TimeSpan Length { get; } = length;

    /// <summary>
    /// Limits each attempt to half of the remaining time, so that another one can use a fresh connection: a NAT or
    /// firewall may have forgotten the present one, and packets vanish.
    /// </summary>
    public bool LeavesTimeToRetry { get; init; }

    /// <summary>How long an attempt may take that is expected to take <paramref name="usual"/> at most.</summary>
    public TimeSpan LimitAttempt(TimeSpan usual)
    {
        var share = LeavesTimeToRetry && Remaining > MinAttempt ? Remaining / 2 : usual;
        return share < usual ? share : usual;
    }

    public TimeSpan Remaining => TimeSpan.FromTicks(Math.Max(0, (Length - Elapsed).Ticks));

    public TimeSpan Elapsed => time.GetElapsedTime(_start);

    public bool IsOver => Remaining == TimeSpan.Zero;

    public void Restart() => _start = time.GetTimestamp();
}

/// <summary>
/// Reports on stderr what the program is waiting for: in the foreground of a terminal in a line that is updated every
/// second, otherwise in a line after 30 s, 60 s, 120 s and so on.
/// </summary>
internal sealed class WaitNotice : IDisposable
{
    private static readonly TimeSpan LogDelay = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan TerminalInterval = TimeSpan.FromSeconds(1);

    private readonly string _operation;
    private readonly Deadline _deadline;
    private readonly StatusWriter _statusWriter;
    private readonly Lock _lock = new();
    private readonly ITimer _timer;
    private TimeSpan _nextLine = LogDelay;
    private string? _reason;
    private bool _isOver;

    public WaitNotice(string operation, Deadline deadline, StatusWriter statusWriter, TimeProvider time)
    {
        (_operation, _deadline, _statusWriter) = (operation, deadline, statusWriter);
        _timer = time.CreateTimer(
            static notice => ((WaitNotice?)notice)?.Write(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Schedule(TimeSpan.Zero);
    }

    /// <summary>Sets the explanation to show, such as the last response of the server.</summary>
    public void SetReason(string? reason)
    {
        lock (_lock)
            _reason = reason;
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isOver = true;
            _statusWriter.ClearTransient();
        }

        _timer.Dispose();
    }

    private void Write()
    {
        lock (_lock)
        {
            if (_isOver)
                return;
            var waited = _deadline.Elapsed;
            // A transfer continues after the deadline.
            var left = _deadline.IsOver ? "" : $", {Humanizer.Duration(_deadline.Remaining)} left";
            var text = $"waiting {Humanizer.Duration(waited)}{left}: {_operation}"
                + (_reason is null ? "" : $" ({_reason})");
            if (_statusWriter.AllowsTransient)
            {
                _statusWriter.WriteTransient(text);
            }
            else if (waited >= _nextLine)
            {
                _statusWriter.WriteLine(text);
                _nextLine *= 2;
            }

            Schedule(waited);
        }
    }

    // A process on a terminal may come to the foreground at any time.
    private void Schedule(TimeSpan waited)
    {
        var delay = _statusWriter.IsTerminal ? TerminalInterval : _nextLine - waited;
        _timer.Change(delay > TerminalInterval ? delay : TerminalInterval, Timeout.InfiniteTimeSpan);
    }
}
