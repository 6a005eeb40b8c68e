using System.Diagnostics.Metrics;

namespace Goterra.Core.Waiting;

/// <summary>Measures waits. While nobody listens, a measurement costs a comparison.</summary>
public sealed class WaitMetrics
{
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _wakeUp;

    public WaitMetrics(IMeterFactory factory)
    {
        var meter = factory.Create("Goterra");
        _duration = meter.CreateHistogram(
            "goterra.wait.duration", "s", "How long waits took, by result. Several requests of a client are one wait.",
            advice: new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.1, 1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600],
            });
        _wakeUp = meter.CreateHistogram(
            "goterra.wait.wakeup.duration", "s",
            "From the change that ends a wait, as this instance notices it, to its outcome.",
            advice: new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
            });
    }

    internal void RecordEnded(TimeSpan duration, WaitResult result)
    {
        if (_duration.Enabled)
            _duration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("result", NameOf(result)));
    }

    internal void RecordWakeUp(TimeSpan delay) => _wakeUp.Record(delay.TotalSeconds);

    private static string NameOf(WaitResult result) => result switch
    {
        WaitResult.Met => "met",
        WaitResult.TimedOut => "timed_out",
        WaitResult.Failed => "failed",
        WaitResult.Gone => "gone",
        WaitResult.Unauthorized => "unauthorized",
        WaitResult.Left => "left",
        WaitResult.Interrupted => "interrupted",
        _ => "unknown",
    };
}
