using System.Globalization;

namespace Goterra.Tests.Api;

/// <summary>A read that begins after a write was acknowledged returns that write or a later one.</summary>
[Trait("Category", "Api")]
public sealed class LinearizabilityTests
{
    private const int Writes = 200;
    private const int Readers = 8;

    // Readers of several keys gather in the same calls to Redis.
    private const int Keys = 4;

    [Theory, ClassData(typeof(EachStoreData))]
    public async Task Get_AfterAnAcknowledgedPut_ReturnsItOrALaterOne(StoreKind kind)
    {
        await using var redis = kind == StoreKind.Redis ? await RedisServer.StartAsync() : null;
        await using var one = await RunningServer.StartAsync(redis is null ? null : RunningServer.On(redis));
        await using var other = redis is null ? null : await RunningServer.StartAsync(RunningServer.On(redis));
        var here = await one.CreateAsync();
        var there = (other ?? one).Open(here.Id, here.Token);
        for (var key = 0; key < Keys; key++)
            await here.PutAsync($"k{key}", "0");
        var acknowledged = new int[Keys];
        var done = false;

        var readers = Enumerable.Range(0, Readers)
            .Select(reader => ReadUntilDoneAsync(reader % 2 == 0 ? here : there, reader % Keys))
            .ToList();
        for (var i = 1; i <= Writes; i++)
        {
            var writer = i % 2 == 0 ? here : there;
            Assert.Equal(200, (await writer.PutAsync($"k{i % Keys}", i.ToString(CultureInfo.InvariantCulture))).Status);
            Volatile.Write(ref acknowledged[i % Keys], i);
        }

        Volatile.Write(ref done, true);
        await Task.WhenAll(readers);

        async Task ReadUntilDoneAsync(TestDeployment deployment, int key)
        {
            do
            {
                key = (key + 1) % Keys;
                var before = Volatile.Read(ref acknowledged[key]);
                var read = int.Parse((await deployment.GetAsync($"k{key}?raw")).Text, CultureInfo.InvariantCulture);
                Assert.True(read >= before, $"Read {read} of k{key} after {before} was acknowledged.");
            }
            while (!Volatile.Read(ref done));
        }
    }
}
