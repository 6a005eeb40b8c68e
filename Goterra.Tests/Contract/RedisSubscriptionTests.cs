using Goterra.Core.Model;
using Goterra.Infrastructure.Redis;
using Microsoft.Extensions.DependencyInjection;

namespace Goterra.Tests.Contract;

[Trait("Category", "Contract")]
public sealed class RedisSubscriptionTests
{
    [FactWith("redis-server")]
    public async Task LeaveAsync_WhileASubscriptionIsConfirmed_EndsAfterIt()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var store = await OpenStore.StartAsync(OpenStore.At(redis));
        var connection = store.Services.GetRequiredService<RedisConnection>();
        var subscription = new RedisSubscription(connection, DeploymentId.New(), _ => { });

        await redis.PauseAsync();
        var confirmed = subscription.TryConfirmAsync(1);
        var left = subscription.LeaveAsync();
        Assert.False(left.IsCompleted);
        await redis.ResumeAsync();
        await left;

        Assert.True(confirmed.IsCompleted);
        Assert.Empty(await redis.ChannelsAsync());
    }

    [FactWith("redis-server")]
    public async Task TryConfirmAsync_AfterItWasLeft_DoesNotSubscribe()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var store = await OpenStore.StartAsync(OpenStore.At(redis));
        var connection = store.Services.GetRequiredService<RedisConnection>();
        var subscription = new RedisSubscription(connection, DeploymentId.New(), _ => { });

        await subscription.LeaveAsync();
        await subscription.TryConfirmAsync(1);

        Assert.Empty(await redis.ChannelsAsync());
    }
}
