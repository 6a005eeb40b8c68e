using Goterra.Bench.Measurements;

namespace Goterra.Bench.Report;

/// <summary>Everything that one run has measured; what was not run is empty.</summary>
internal sealed record Results(
    IReadOnlyList<ThroughputRow> Throughput,
    IReadOnlyList<WakeUpRow> WakeUp,
    IReadOnlyList<HeldRow> Held,
    IReadOnlyList<FanOutRow> FanOut,
    IReadOnlyList<BootRow> Boot,
    IdleInstanceRow? IdleInstance,
    EmbeddedStoreRows Embedded)
{
    public ThroughputRow? Rate(string target, string verb, int connections) =>
        Throughput.FirstOrDefault(row => row.Target == target && row.Verb == verb && row.Connections == connections);

    public WakeUpRow? Wake(string target, int pairs) =>
        WakeUp.FirstOrDefault(row => row.Target == target && row.Pairs == pairs);

    public HeldRow? MostHeld(string target) => Held.LastOrDefault(row => row.Target == target);

    public FanOutRow? Widest(string target) => FanOut.LastOrDefault(row => row.Target == target);
}
