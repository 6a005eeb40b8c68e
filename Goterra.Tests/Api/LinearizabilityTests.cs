using System.Globalization;

namespace Goterra.Tests.Api;

/// <summary>A read that begins after a write was acknowledged returns that write or a later one.</summary>
[Trait("Category", "Api")]
public sealed class LinearizabilityTests
{
    private const int Writes = 200;
    private const int Readers = 8;

    [Theory, ClassData(typeof(EachStoreData))]
    public async Task Get_AfterAnAcknowledgedPut_ReturnsItOrALaterOne(StoreKind kind)
    {
        await using var redis = kind == StoreKind.Redis ? await RedisServer.StartAsync() : null;
        await using var one = await RunningServer.StartAsync(redis is null ? null : RunningServer.On(redis));
        await using var other = redis is null ? null : await RunningServer.StartAsync(RunningServer.On(redis));
        var here = await one.CreateAsync();
        var there = (other ?? one).Open(here.Id, here.Token);
        await here.PutAsync("k", "0");
        var acknowledged = 0;

        var readers = Enumerable.Range(0, Readers)
            .Select(reader => ReadUntilDoneAsync(reader % 2 == 0 ? here : there))
            .ToList();
        for (var i = 1; i <= Writes; i++)
        {
            var writer = i % 2 == 0 ? here : there;
            Assert.Equal(200, (await writer.PutAsync("k", i.ToString(CultureInfo.InvariantCulture))).Status);
            Volatile.Write(ref acknowledged, i);
        }

        await Task.WhenAll(readers);

        async Task ReadUntilDoneAsync(TestDeployment deployment)
        {
            int before;
            do
            {
                before = Volatile.Read(ref acknowledged);
                var read = int.Parse((await deployment.GetAsync("k?raw")).Text, CultureInfo.InvariantCulture);
                Assert.True(read >= before, $"Read {read} after {before} was acknowledged.");
            }
            while (before < Writes);
        }
    }
}
