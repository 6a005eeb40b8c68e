using Goterra.Bench.Reliability;
using Goterra.Bench.Servers;

namespace Goterra.Bench.Soak;

/// <summary>One store under a steady, moderate load for a long time, with its figures once a minute.</summary>
internal static class SoakRun
{
    private const int Lanes = 4;
    private const int LargeValueEach = 25;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <param name="redis">Null for the embedded store.</param>
    public static async Task<SoakResult> RunAsync(string program, RedisServer? redis, TimeSpan duration)
    {
        using var process = await GoterraStore.LaunchAsync(program, redis);
        using var api = new StoreApi(process.EndPoint);
        using var until = new CancellationTokenSource(duration);
        var tally = new Tally();
        var sampler = SampleAsync(process, until.Token);
        await Task.WhenAll(
            Enumerable.Range(0, Lanes).Select(_ => InstallAsync(api, tally, until.Token))
                .Append(GuardAsync(new LongRunningLoad(api, tally).RunAsync(until.Token), tally)));
        return new SoakResult(
            redis is null ? GoterraStore.Embedded : GoterraStore.WithRedis, duration, tally, await sampler);
    }

    private static async Task InstallAsync(StoreApi api, Tally tally, CancellationToken until)
    {
        for (var number = 1; !until.IsCancellationRequested; number++)
        {
            await GuardAsync(
                new Installation(api, tally).RunAsync(number % LargeValueEach == 0, CancellationToken.None), tally);
            await Task.Delay(Pause, TimeProvider.System, CancellationToken.None);
        }
    }

    private static async Task GuardAsync(Task task, Tally tally)
    {
        try
        {
            await task;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException
            or UnexpectedAnswerException)
        {
            tally.Error($"{e.GetType().Name}: {e.Message}");
        }
    }

    private static async Task<IReadOnlyList<SoakSample>> SampleAsync(ServerProcess process, CancellationToken until)
    {
        var samples = new List<SoakSample>();
        using var timer = new PeriodicTimer(TimeSpan.FromMinutes(1));
        try
        {
            while (await timer.WaitForNextTickAsync(until))
                samples.Add(new SoakSample(
                    process.ResidentBytes, process.Threads, process.OpenFiles, process.ProcessorTime));
        }
        catch (OperationCanceledException)
        {
            // The soak is over.
        }

        return samples;
    }
}

/// <summary>The figures of the server's process at one moment; the processor time is that since its start.</summary>
internal sealed record SoakSample(long ResidentBytes, int Threads, int OpenFiles, TimeSpan Processor);

internal sealed record SoakResult(
    string Store, TimeSpan Duration, Tally Tally, IReadOnlyList<SoakSample> Samples);
