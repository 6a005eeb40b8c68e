using System.Security.Cryptography;
using Goterra.Bench.Load;
using Goterra.Bench.Servers;

namespace Goterra.Bench.Measurements;

/// <summary>
/// PUT of small values on one connection, alone and beside four writers of 9 MB values in the same deployment.
/// </summary>
internal static class MixedSizes
{
    private const int Writers = 4;

    public static async Task<MixedSizesRow> RunAsync(BenchOptions options)
    {
        using var server = await GoterraStore.StartAsync(options.Store, redis: null);
        WarmUp.Run(server, options);
        var writers = Enumerable.Range(0, Writers).Select(index => new LargeWriter(server, $"large-{index}")).ToList();
        try
        {
            foreach (var writer in writers)
                writer.Write();

            var alone = Put(server, options);
            var start = Client.Now;
            using var stop = new CancellationTokenSource();
            var writing = writers.ConvertAll(writer => writer.StartAsync(stop.Token));
            Latencies beside;
            try
            {
                beside = Put(server, options);
            }
            finally
            {
                await stop.CancelAsync();
                await Task.WhenAll(writing);
            }

            var written = writing.Sum(task => task.Result);
            return new MixedSizesRow(alone, beside, written / TimeProvider.System.GetElapsedTime(start).TotalSeconds);
        }
        finally
        {
            writers.ForEach(writer => writer.Dispose());
        }
    }

    private static Latencies Put(GoterraStore server, BenchOptions options) =>
        ClosedLoop.Run(server.EndPoint, 1, Request.Puts(server), options.Round * 2);

    private sealed class LargeWriter(GoterraStore server, string key) : IDisposable
    {
        private readonly BlockingConnection _connection = new(server.EndPoint);
        private readonly byte[] _request = server.PutOf(key, RandomNumberGenerator.GetBytes(LargeValues.ValueBytes));

        public void Write() => _connection.ExchangeOk(_request);

        /// <returns>How many values were written until it was stopped.</returns>
        public Task<int> StartAsync(CancellationToken stop) => Task.Factory.StartNew(
            () =>
            {
                var count = 0;
                for (; !stop.IsCancellationRequested; count++)
                    Write();
                return count;
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);

        public void Dispose() => _connection.Dispose();
    }
}

/// <param name="LargePerSecond">How many large values were stored beside the small ones.</param>
internal sealed record MixedSizesRow(Latencies Alone, Latencies Beside, double LargePerSecond);
