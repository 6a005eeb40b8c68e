using Goterra.Bench.Load;
using Goterra.Bench.Servers;

namespace Goterra.Bench.Measurements;

/// <summary>
/// How many requests a second, and how long one takes, when every connection sends the next as soon as it has the
/// answer. The requests go round 1,000 keys.
/// </summary>
internal static class Throughput
{
    public const string OneKey = "GET of one key";

    public static List<ThroughputRow> Run(IReadOnlyList<ITarget> targets, BenchOptions options)
    {
        var rows = new List<ThroughputRow>();
        foreach (var target in targets)
            WarmUp.StoreAll(target);
        foreach (var connections in new[] { 1, 32 })
        {
            rows.AddRange(Measure(targets, "PUT", Request.Puts, connections, options));
            rows.AddRange(Measure(targets, "GET", Request.Gets, connections, options));
        }

        rows.AddRange(Measure(targets, OneKey, target => [Request.Gets(target)[0]], 32, options));
        return rows;
    }

    private static IEnumerable<ThroughputRow> Measure(
        IReadOnlyList<ITarget> targets, string verb, Func<ITarget, IReadOnlyList<byte[]>> requestsOf, int connections,
        BenchOptions options)
    {
        var rounds = targets.ToDictionary(target => target, _ => new List<Latencies>());
        var processor = targets.ToDictionary(target => target, _ => new List<TimeSpan>());
        var requests = targets.ToDictionary(target => target, requestsOf);
        foreach (var target in targets)
            ClosedLoop.Run(target.EndPoint, connections, requests[target], options.WarmUp);

        // Round by round and not server by server: what disturbs the machine for a while disturbs all of them.
        for (var round = 0; round < options.Rounds; round++)
        {
            foreach (var target in targets)
            {
                var before = target.ProcessorTime;
                var result = ClosedLoop.Run(target.EndPoint, connections, requests[target], options.Round);
                rounds[target].Add(result);
                processor[target].Add(
                    (target.ProcessorTime - before) / (result.PerSecond * options.Round.TotalSeconds));
            }
        }

        foreach (var target in targets)
        {
            var row = new ThroughputRow(
                target.Name, verb, connections, Latencies.Median(rounds[target]),
                processor[target].Order().ElementAt(options.Rounds / 2));
            Console.WriteLine(row);
            yield return row;
        }
    }
}

/// <param name="Processor">Processor time of the server's own process for a request.</param>
internal sealed record ThroughputRow(string Target, string Verb, int Connections, Latencies Result, TimeSpan Processor);
