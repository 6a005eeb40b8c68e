using Goterra.Bench.Load;
using Goterra.Bench.Servers;

namespace Goterra.Bench.Measurements;

/// <summary>
/// From sending the PUT to the last byte of the waiter's answer. Pairs of one waiter and one writer, each with a key of
/// its own; all writers of a turn send at once, and the next turn begins when all is quiet again.
/// </summary>
internal sealed class WakeUp(IWakeable target, int pairs, int turns)
{
    /// <summary>Long enough that every wait is armed: an answer of any of the servers takes a fraction of it.</summary>
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(5);

    private readonly List<long> _woken = [];
    private readonly List<long> _stored = [];

    public static async Task<List<WakeUpRow>> RunAsync(IEnumerable<IWakeable> targets, BenchOptions options)
    {
        var rows = new List<WakeUpRow>();
        foreach (var target in targets)
        {
            WarmUp.Run(target, options);
            foreach (var pairs in new[] { 1, 32 })
            {
                var turns = (options.Quick ? 1000 : 3000) / (pairs + 9);
                await new WakeUp(target, pairs, turns).MeasureAsync(waiting: true);
                var beside = await new WakeUp(target, pairs, turns).MeasureAsync(waiting: true);
                var alone = await new WakeUp(target, pairs, turns).MeasureAsync(waiting: false);
                rows.Add(
                    new WakeUpRow(
                        target.Name, pairs, Latencies.Of(beside._woken), Latencies.Of(beside._stored),
                        Latencies.Of(alone._stored)));
                Console.WriteLine(rows[^1]);
            }
        }

        return rows;
    }

    private async Task<WakeUp> MeasureAsync(bool waiting)
    {
        using var client = new Client(target.EndPoint, pairs * 2);
        if (waiting && target.Woken is not null)
            ArmForGood(client);

        // Keys that nobody has used: a wait for one that is there would not wait. They go round in the second run only
        // where nobody waits.
        var run = waiting ? System.Security.Cryptography.RandomNumberGenerator.GetHexString(8) : "alone";
        for (var turn = 0; turn < turns; turn++)
        {
            for (var pair = 0; waiting && target.Woken is null && pair < pairs; pair++)
                client.Connections[pair].Send(target.WaitOf($"{run}/{turn}/{pair}"), Client.Now);

            var puts = Enumerable.Range(0, pairs).Select(
                pair => target.PutOf(target.Woken is null ? $"{run}/{turn}/{pair}" : $"{pair}")).ToList();
            await Task.Delay(Settle, TimeProvider.System);
            client.StillQuiet();
            for (var pair = 0; pair < pairs; pair++)
                client.Connections[pairs + pair].Send(puts[pair], Client.Now);
            client.Serve(waiting ? pairs * 2 : pairs, (connection, now) => Note(client, connection, now));
        }

        return this;
    }

    private void ArmForGood(Client client)
    {
        for (var pair = 0; pair < pairs; pair++)
        {
            client.Connections[pair].Sign = target.Armed;
            client.Connections[pair].Send(target.WaitOf($"{pair}"), Client.Now);
        }

        client.Serve(pairs, (connection, _) => (connection.Sign, connection.Signs) = (target.Woken, 1));
    }

    private void Note(Client client, Connection connection, long now)
    {
        if (connection.Index < pairs)
        {
            _woken.Add(now - client.Connections[pairs + connection.Index].SentAt);
            connection.Signs = 1;
        }
        else
            _stored.Add(now - connection.SentAt);
    }
}

/// <param name="Woken">The waiters.</param>
/// <param name="Beside">The writers' own answers while somebody waits.</param>
/// <param name="Alone">The same writes, as far apart, with nobody waiting.</param>
internal sealed record WakeUpRow(string Target, int Pairs, Latencies Woken, Latencies Beside, Latencies Alone);
