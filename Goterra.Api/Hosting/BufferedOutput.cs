using System.Text;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;

namespace Goterra.Api.Hosting;

/// <summary>
/// Writes the log to standard output in blocks. On a busy server a system call for each line costs more than the line; here there are ten a second. What
/// comes after a pause is written at once, and so are warnings and errors with all before them: a process that dies loses a tenth of a second at most.
/// Nothing is dropped: where nobody takes the output any more, whoever logs has to wait.
/// </summary>
internal sealed class BufferedOutput : ILogEventSink, IDisposable
{
    private const int LongestBlock = 64 * 1024;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly ITextFormatter _formatter;
    private readonly TimeProvider _time;
    private readonly StreamWriter _output;
    private readonly ITimer _timer;
    private long _writtenAt;
    private bool _due;
    private bool _closed;

    public BufferedOutput(Stream output, ITextFormatter formatter, TimeProvider time)
    {
        (_formatter, _time) = (formatter, time);
        _output = new StreamWriter(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), LongestBlock) { AutoFlush = false };
        _timer = time.CreateTimer(_ => Write(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Emit(LogEvent logEvent)
    {
        lock (_gate)
        {
            if (_closed)
                return;

            _formatter.Format(logEvent, _output);
            if (logEvent.Level >= LogEventLevel.Warning || (!_due && _time.GetElapsedTime(_writtenAt) >= Interval))
            {
                Flush();
            }
            else if (!_due)
            {
                _due = true;
                _timer.Change(Interval, Timeout.InfiniteTimeSpan);
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_closed)
                return;

            _closed = true;
            _timer.Dispose();
            _output.Dispose();
        }
    }

    private void Write()
    {
        lock (_gate)
        {
            if (_due && !_closed)
                Flush();
        }
    }

    private void Flush()
    {
        _output.Flush();
        _writtenAt = _time.GetTimestamp();
        _due = false;
    }
}
