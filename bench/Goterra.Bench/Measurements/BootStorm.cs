using Goterra.Bench.Load;
using Goterra.Bench.Servers;

namespace Goterra.Bench.Measurements;

/// <summary>
/// The job itself. Many machines boot: each connects and waits for one key. One PUT answers them all; each then stores
/// a key of its own, and a barrier waits for all of these. With etcd, each machine watches the key, and one watch of
/// the prefix counts what is stored.
/// </summary>
internal sealed class BootStorm(IBarrier target, int machines) : IDisposable
{
    private const string Token = "join_token";
    private const int Writer = 0;
    private const int Barrier = 1;
    private const int First = 2;

    // With the keys of the warm-up, a deployment has 10,000 at most.
    private const int MaxMachines = 8_000;
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);

    private readonly Client _client = new(target.EndPoint, First);
    private readonly string _run = System.Security.Cryptography.RandomNumberGenerator.GetHexString(8);

    public static async Task<List<BootRow>> RunAsync(Yard yard, BenchOptions options)
    {
        var rows = new List<BootRow>();
        foreach (var machines in options.Quick ? new[] { 500 } : [2_000, Math.Min(
            MaxMachines, OpenFiles.ForConnections / 2)])
        {
            foreach (var etcd in yard.Targets.OfType<Etcd>())
                rows.Add(await MeasureAsync(etcd, machines));
            foreach (var embedded in new[] { false, true })
            {
                using var server = await yard.FreshAsync(options, embedded);
                WarmUp.Run(server, options);
                rows.Add(await MeasureAsync(server, machines));
            }
        }

        return rows;
    }

    public void Dispose() => _client.Dispose();

    private static async Task<BootRow> MeasureAsync(IBarrier target, int machines)
    {
        // The first one is the warm-up of its code.
        using (var warm = new BootStorm(target, 100))
            await warm.RunAsync();

        // What the server still compiles after its warm-up is not part of the storm.
        await Task.Delay(Quiet, TimeProvider.System);
        using var storm = new BootStorm(target, machines);
        var row = await storm.RunAsync();
        Console.WriteLine(row);
        return row;
    }

    private async Task<BootRow> RunAsync()
    {
        var processor = target.ProcessorTime;
        var start = Client.Now;
        WaitForAll();
        var waiting = TimeProvider.System.GetElapsedTime(start);
        await Task.Delay(Settle, TimeProvider.System);
        _client.StillQuiet();

        var put = Client.Now;
        TimeSpan? barrier = null;
        var own = new HashSet<int>();
        _client.Connections[Writer].Send(target.PutOf($"{_run}/{Token}"), put);

        // The writer, the barrier, and the two answers of each machine.
        _client.Serve(2 + (2 * machines), (connection, now) =>
        {
            if (connection.Index == Barrier)
                barrier = TimeProvider.System.GetElapsedTime(put, now);
            else if (connection.Index != Writer && !own.Contains(connection.Index))
                StoreOwn(connection, own, now);
        });
        var ended = TimeProvider.System.GetElapsedTime(put);
        return new BootRow(
            target.Name, machines, waiting, barrier ?? ended, ended, target.ProcessorTime - processor);
    }

    private void WaitForAll()
    {
        var pace = target.PutOf("pace");
        Arm(_client.Connections[Barrier], target.BarrierOf($"{_run}/nodes/", machines), barrier: true);
        for (var i = 0; i < machines; i++)
        {
            Arm(_client.Connect(target.EndPoint), target.WaitOf($"{_run}/{Token}"), barrier: false);
            if (target.Armed is null)
                _client.KeepPace(i, pace);
        }
    }

    private void Arm(Connection connection, byte[] wait, bool barrier)
    {
        connection.Sign = target.Armed;
        connection.Send(wait, Client.Now);
        if (target.Armed is null)
            return;

        _client.Serve(1, (_, _) => { });
        (connection.Sign, connection.Signs) = barrier
            ? (target.BarrierSign($"{_run}/nodes/"), machines)
            : (target.Woken, 1);
    }

    private void StoreOwn(Connection connection, HashSet<int> own, long now)
    {
        // A watch keeps its connection.
        var writer = target.Armed is null ? connection : _client.Connect(target.EndPoint);
        own.Add(writer.Index);
        own.Add(connection.Index);
        writer.Send(target.PutOf($"{_run}/nodes/{connection.Index}"), now);
    }
}

/// <param name="Waiting">Until all machines were connected and had sent their wait.</param>
/// <param name="Barrier">From the PUT until the barrier ended.</param>
/// <param name="All">From the PUT until every machine had the answer to its own.</param>
/// <param name="Processor">Processor time of the server's own process, for everything.</param>
internal sealed record BootRow(
    string Target, int Machines, TimeSpan Waiting, TimeSpan Barrier, TimeSpan All, TimeSpan Processor);
