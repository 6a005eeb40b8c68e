using System.Text;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;

namespace Goterra.Api.Hosting;

/// <summary>
/// Writes the log to standard output in blocks, at most ten per second: on a busy server, a system call per line costs
/// more than the line. The first line after a pause is written immediately, and so are warnings and errors with all
/// lines before them. A crash loses at most 100 ms of the log. Nothing is dropped: if the output blocks, so do callers.
/// </summary>
internal sealed class BufferedOutput : ILogEventSink, IDisposable
{
    private const int BlockSize = 64 * 1024;
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
        var encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        _output = new StreamWriter(output, encoding, BlockSize) { AutoFlush = false };
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
