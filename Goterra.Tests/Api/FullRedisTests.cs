namespace Goterra.Tests.Api;

/// <summary>A Redis that has reached its <c>maxmemory</c>.</summary>
[Trait("Category", "Api")]
public sealed class FullRedisTests
{
    [FactWith("redis-server")]
    public async Task Requests_RedisIsFull_WritesAre507AndReadsAndRemovalsWork()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var server = await RunningServer.StartAsync(RunningServer.On(redis));
        var deployment = await server.CreateAsync();
        await deployment.PutAsync("k", "v");
        await redis.CommandAsync("CONFIG", "SET", "maxmemory", "1mb");

        // Started on a full store, as after a restart.
        await using var another = await RunningServer.StartAsync(RunningServer.On(redis));
        foreach (var address in new[] { server, another })
        {
            var seen = address.Open(deployment.Id, deployment.Token);
            Reply[] writes =
            [
                await seen.PutAsync("more", "v"),
                await seen.PutAsync("leader?ttl=30s", "v", ("If-None-Match", "*"), ("Idempotency-Key", "attempt-1")),
                await seen.PostAsync("fail", """{"reason":"no disk"}"""),
                await seen.PostAsync("token"),
                await seen.PostAsync("tickets", """{"name":"worker-1","read":["k"]}"""),
                await Reply.OfAsync(await address.Client.PostAsync(new Uri("/store", UriKind.Relative), null)),
            ];

            Assert.All(writes, write =>
            {
                Assert.Equal((507, "application/problem+json"), (write.Status, write.Type));
                Assert.StartsWith("The store is full.", write.Detail, StringComparison.Ordinal);
            });
            Assert.Equal("v", (await seen.GetAsync("k?raw")).Text);
            Assert.Equal(200, (await seen.GetAsync("")).Status);
        }

        Assert.Equal(200, (await deployment.DeleteAsync("k")).Status);
        Assert.Equal(200, (await deployment.DeleteAsync()).Status);
    }
}
