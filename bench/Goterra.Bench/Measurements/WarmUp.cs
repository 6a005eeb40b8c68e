using Goterra.Bench.Load;
using Goterra.Bench.Servers;

namespace Goterra.Bench.Measurements;

/// <summary>Reads and writes before a measurement, so that the server's code is compiled.</summary>
internal static class WarmUp
{
    private const int Connections = 32;

    public static void Run(ITarget target, BenchOptions options)
    {
        StoreAll(target);
        ClosedLoop.Run(target.EndPoint, Connections, Request.Puts(target), options.WarmUp);
        ClosedLoop.Run(target.EndPoint, Connections, Request.Gets(target), options.WarmUp);
    }

    /// <summary>Gives every key a value for the GETs to read.</summary>
    public static void StoreAll(ITarget target)
    {
        var puts = Request.Puts(target);
        ClosedLoop.Run(target.EndPoint, Connections, puts, puts.Count);
    }
}
