using System.Diagnostics.Metrics;
using Goterra.Core.Deployments;

namespace Goterra.Infrastructure.Monitoring;

/// <summary>Measures the store. While nobody listens, a measurement costs a comparison.</summary>
internal sealed class StoreMetrics
{
    private static readonly InstrumentAdvice<double> Boundaries = new()
    {
        HistogramBucketBoundaries = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5],
    };

    private readonly TimeProvider _time;
    private readonly Meter _meter;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _queueing;
    private readonly Histogram<double> _commit;
    private readonly Histogram<int> _batch;
    private readonly Counter<long> _failures;

    public StoreMetrics(IMeterFactory factory, TimeProvider time)
    {
        _time = time;
        _meter = factory.Create("Goterra");
        _duration = _meter.CreateHistogram(
            "goterra.store.duration", "s", "How long operations of the store took.", advice: Boundaries);
        _queueing = _meter.CreateHistogram(
            "goterra.sqlite.queue.duration", "s", "How long writes waited for the writer.", advice: Boundaries);
        _commit = _meter.CreateHistogram(
            "goterra.sqlite.commit.duration", "s", "How long transactions took, until they were on disk.",
            advice: Boundaries);
        _batch = _meter.CreateHistogram(
            "goterra.sqlite.commit.writes", "{write}", "How many writes shared a transaction.",
            advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 5, 10, 25, 50, 100, 250, 1000] });
        _failures = _meter.CreateCounter<long>(
            "goterra.store.failures", "{failure}", "Operations that the store did not carry out, by cause.");
    }

    /// <summary>A timestamp, or 0 while nobody listens.</summary>
    public long Start() => _duration.Enabled ? _time.GetTimestamp() : 0;

    /// <param name="start">What <see cref="Start"/> returned.</param>
    /// <param name="operation">One of a few names.</param>
    public void RecordOperation(long start, string operation)
    {
        if (start > 0)
            _duration.Record(
                _time.GetElapsedTime(start).TotalSeconds, new KeyValuePair<string, object?>("operation", operation));
    }

    /// <param name="queued">When the writes were queued: what <see cref="Start"/> returned.</param>
    /// <param name="start">When the transaction began.</param>
    public void RecordCommit(IEnumerable<long> queued, long start)
    {
        if (start == 0)
            return;

        _commit.Record(_time.GetElapsedTime(start).TotalSeconds);
        var writes = 0;
        foreach (var at in queued)
        {
            writes++;
            if (at == 0)
                continue;
            _queueing.Record(_time.GetElapsedTime(at, start).TotalSeconds);
            RecordOperation(at, "write");
        }

        _batch.Record(writes);
    }

    public void CountFailure(Exception failure) =>
        _failures.Add(1, new KeyValuePair<string, object?>("cause", failure switch
        {
            StoreFullException => "full",
            StoreDamagedException => "damaged",
            _ => "unavailable",
        }));

    /// <summary>Publishes whether operations fail at present.</summary>
    public void ObserveFault(Func<bool> isFailing) => _meter.CreateObservableGauge(
        "goterra.store.failing", () => isFailing() ? 1 : 0, description: "1 while operations of the store fail.");

    /// <summary>Publishes how many writes wait for the writer.</summary>
    public void ObserveQueue(Func<int> length) => _meter.CreateObservableGauge(
        "goterra.sqlite.queue.length", length, "{write}", "Writes that wait for the writer.");
}
