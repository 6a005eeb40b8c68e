using System.Globalization;
using System.Net;
using System.Text;
using Goterra.Bench.Reliability;

namespace Goterra.Bench.Soak;

/// <summary>
/// What lasts as long as the soak: waits for a key that is never stored, repeated as the client repeats them, and an
/// event stream that has to report each of the values that are stored meanwhile.
/// </summary>
internal sealed class LongRunningLoad(StoreApi api, Tally tally)
{
    private const int Waits = 500;

    private static readonly TimeSpan PutInterval = TimeSpan.FromSeconds(2);

    private int _stored;
    private int _reported;

    public async Task RunAsync(CancellationToken until)
    {
        var deployment = await api.CreateAsync(CancellationToken.None);
        using var reading = new CancellationTokenSource();
        await using var events = await api.EventsAsync(deployment, reading.Token);
        var reader = ReadAsync(events, reading.Token);
        var waits = Enumerable.Range(0, Waits).Select(_ => WaitAsync(deployment, until)).ToList();
        await PutAsync(deployment, until);
        await Task.WhenAll(waits);
        await Task.Delay(PutInterval, TimeProvider.System, CancellationToken.None);
        await reading.CancelAsync();
        await reader;
        if (_reported != _stored)
            tally.Error(string.Create(
                CultureInfo.InvariantCulture, $"the stream reported {_reported} of {_stored} values"));
    }

    private async Task WaitAsync(Credential deployment, CancellationToken until)
    {
        while (!until.IsCancellationRequested)
        {
            tally.Request();
            var answer = await api.GetAsync(deployment, "never", "25s", CancellationToken.None);
            if (answer.Status != HttpStatusCode.NotFound)
                tally.Error($"a wait for an absent key was answered with {(int)answer.Status}");
        }
    }

    private async Task PutAsync(Credential deployment, CancellationToken until)
    {
        using var timer = new PeriodicTimer(PutInterval);
        while (!until.IsCancellationRequested)
        {
            await timer.WaitForNextTickAsync(CancellationToken.None);
            tally.Request();
            var answer = await api.PutAsync(deployment, "beat", "now"u8.ToArray(), CancellationToken.None);
            if (answer.Status == HttpStatusCode.OK)
                _stored++;
            else
                tally.Error($"a PUT was answered with {(int)answer.Status}");
        }
    }

    private async Task ReadAsync(Stream events, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(events, Encoding.UTF8);
        try
        {
            while (await reader.ReadLineAsync(cancellationToken) is { } line)
                if (line == "event: put")
                    _reported++;
            tally.Error("the event stream ended");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The soak is over.
        }
    }
}
