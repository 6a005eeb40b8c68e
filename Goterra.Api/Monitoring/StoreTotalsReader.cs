using System.Diagnostics.Metrics;
using Goterra.Core.Deployments;

namespace Goterra.Api.Monitoring;

/// <summary>
/// Counts the deployments and bytes in the store once a minute: each time, the store reads all of them.
/// </summary>
internal sealed class StoreTotalsReader : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly IDeploymentIndex _index;
    private readonly TimeProvider _time;
    private volatile StoreTotals? _totals;

    public StoreTotalsReader(IMeterFactory factory, IDeploymentIndex index, TimeProvider time)
    {
        (_index, _time) = (index, time);
        var meter = factory.Create("Goterra");
        meter.CreateObservableGauge(
            "goterra.deployments", Deployments, "{deployment}", "Deployments in the store, by state.");
        meter.CreateObservableGauge(
            "goterra.store.size", Bytes, "By", "Bytes of all values in the store, before encryption.");
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, _time);
        do
        {
            try
            {
                _totals = await _index.SumAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // No figures rather than old ones.
                _totals = null;
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private IEnumerable<Measurement<long>> Deployments()
    {
        if (_totals is not { } totals)
            yield break;

        if (totals.Active is { } active && totals.Failed is { } failed)
        {
            yield return new Measurement<long>(active, new KeyValuePair<string, object?>("state", "active"));
            yield return new Measurement<long>(failed, new KeyValuePair<string, object?>("state", "failed"));
        }
    }

    private IEnumerable<Measurement<long>> Bytes() =>
        _totals?.Bytes is { } bytes ? [new Measurement<long>(bytes)] : [];
}
