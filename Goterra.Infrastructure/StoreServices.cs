using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Waiting;
using Goterra.Infrastructure.Encryption;
using Goterra.Infrastructure.Redis;
using Goterra.Infrastructure.Sqlite;
using Goterra.Infrastructure.Tokens;
using Microsoft.Extensions.DependencyInjection;

namespace Goterra.Infrastructure;

/// <summary>What this project brings to the composition root.</summary>
public static class StoreServices
{
    /// <summary>Adds the store, its change feed and its tokens. Expects <c>Limits</c>, <c>AccessOptions</c>, <c>ChangeHub</c>, <c>WaitingList</c> and <c>TimeProvider</c> from the caller.</summary>
    public static IServiceCollection AddGoterraStore(this IServiceCollection services, StoreOptions options, SecretRing secrets)
    {
        services
            .AddSingleton(secrets)
            .AddSingleton<ValueCipher>()
            .AddSingleton<WriteFingerprint>()
            .AddSingleton<IDeploymentTokens, JwtDeploymentTokens>();
        return options.Redis is { } redis ? services.AddRedis(redis, options.Prefix) : services.AddSqlite(new SqliteOptions(options.Data));
    }

    private static IServiceCollection AddRedis(this IServiceCollection services, RedisOptions options, string prefix) => services
        .AddSingleton(options)
        .AddSingleton(new RedisKeys(prefix))
        .AddSingleton<RedisConnection>()
        .AddSingleton<IAccessRepository, RedisAccessRepository>()
        .AddSingleton<ITicketRepository, RedisTicketRepository>()
        .AddSingleton<INamespaceRepository, RedisNamespaceRepository>()
        .AddSingleton<RedisDeploymentIndex>()
        .AddSingleton<IDeploymentIndex>(provider => provider.GetRequiredService<RedisDeploymentIndex>())
        .AddSingleton<RedisRemoval>()
        .AddSingleton<IDeploymentRepository, RedisDeploymentRepository>()
        .AddHostedService(provider => provider.GetRequiredService<RedisConnection>())
        .AddSingleton<RedisWaitingBoard>()
        .AddSingleton<IWaitingBoard>(provider => provider.GetRequiredService<RedisWaitingBoard>())
        .AddHostedService(provider => provider.GetRequiredService<RedisWaitingBoard>())
        .AddSingleton<RedisLeases>()
        .AddHostedService(provider => provider.GetRequiredService<RedisLeases>())
        .AddHostedService<RedisChangeFeed>()
        .AddHostedService<RedisSweeper>();
}
