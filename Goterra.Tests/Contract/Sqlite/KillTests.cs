using System.Globalization;
using System.Security.Cryptography;

namespace Goterra.Tests.Contract.Sqlite;

/// <summary>
/// The real server is killed again and again under 32 writers of values from 1 byte to 9 MB: what was acknowledged is
/// there, nothing is there by half, and every start succeeds. <c>GOTERRA_KILLS=100</c> kills it a hundred times.
/// </summary>
[Trait("Category", "Contract")]
public sealed class KillTests : IDisposable
{
    private const int Writers = 32;

    private static readonly int Kills = int.Parse(
        Environment.GetEnvironmentVariable("GOTERRA_KILLS") ?? "3", CultureInfo.InvariantCulture);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task PutAsync_ServerKilled_KeepsAcknowledgedWrites()
    {
        var written = Enumerable.Range(0, Writers).Select(i => new Written($"k{i}")).ToList();
        TestDeployment? first = null;
        for (var kill = 0; kill < Kills; kill++)
        {
            await using var server = await StartAsync();
            first ??= await server.CreateAsync();
            var deployment = new TestDeployment(server.Address, first.Id, first.Token);
            await AssertThereAsync(deployment, written);
            await WriteUntilKilledAsync(
                server, deployment, written, acknowledgements: RandomNumberGenerator.GetInt32(1, 400));
        }

        await using var last = await StartAsync();
        await AssertThereAsync(new TestDeployment(last.Address, first!.Id, first.Token), written);
        await last.TerminateAsync();
        var (code, output) = await ServerProcess.RunAsync(_folder, ["check"]);
        Assert.True(code == 0, output);
    }

    private Task<ServerProcess> StartAsync() =>
        ServerProcess.StartAsync(_folder, ("GOT_LIMITS_DEPLOYMENT_BYTES", "10000000000"));

    private static async Task WriteUntilKilledAsync(
        ServerProcess server, TestDeployment deployment, List<Written> written, int acknowledgements)
    {
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var left = acknowledgements;
        var writers = written.Select(value => Task.Run(async () =>
        {
            while (await value.TryWriteAsync(deployment))
            {
                if (Interlocked.Decrement(ref left) == 0)
                    enough.SetResult();
            }
        })).ToList();

        // A writer that ends before the kill was refused.
        await await Task.WhenAny([enough.Task, .. writers]);
        Assert.True(enough.Task.IsCompleted, "A connection broke before the kill.");
        await server.KillAsync();
        await Task.WhenAll(writers);
    }

    private static Task AssertThereAsync(
        TestDeployment deployment, List<Written> written) => Parallel.ForEachAsync(written, async (value, _) =>
    {
        var reply = await deployment.GetAsync(value.Key + "?raw");
        Assert.True(reply.Status is 200 or 404, $"{value.Key}: {reply.Status}");
        Assert.True(
            value.Admits(reply.Status == 200 ? reply.Bytes : null),
            $"{value.Key}: {reply.Status} with {reply.Bytes.Length} bytes is neither what was acknowledged nor what "
            + $"was under way");
    });

    /// <summary>What one writer knows of its value.</summary>
    private sealed class Written(string key)
    {
        private byte[]? _acknowledged;
        private byte[]? _underWay;

        public string Key => key;

        public async Task<bool> TryWriteAsync(TestDeployment deployment)
        {
            // As many of each order of magnitude, up to 9 MB.
            var size = Math.Min(9_000_000, (int)Math.Pow(10, RandomNumberGenerator.GetInt32(0, 7001) / 1000.0));
            _underWay = RandomNumberGenerator.GetBytes(size);
            try
            {
                Assert.Equal(200, (await deployment.PutAsync(key, _underWay)).Status);
            }
            catch (HttpRequestException)
            {
                return false;
            }

            (_acknowledged, _underWay) = (_underWay, null);
            return true;
        }

        public bool Admits(byte[]? found)
        {
            if (_underWay is not null && found is not null && found.AsSpan().SequenceEqual(_underWay))
                _acknowledged = _underWay;
            return _acknowledged is null
                ? found is null
                : found is not null && found.AsSpan().SequenceEqual(_acknowledged);
        }
    }
}
