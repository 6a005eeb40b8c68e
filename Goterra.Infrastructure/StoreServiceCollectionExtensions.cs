using Goterra.Core.Deployments;
using Goterra.Core.Tokens;
using Goterra.Core.Waiting;
using Goterra.Infrastructure.Encryption;
using Goterra.Infrastructure.Jwt;
using Goterra.Infrastructure.Monitoring;
using Goterra.Infrastructure.Redis;
using Goterra.Infrastructure.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace Goterra.Infrastructure;

/// <summary>Registers the store.</summary>
public static class StoreServiceCollectionExtensions
{
    /// <summary>
    /// Adds the store, its change feed and its tokens. Requires <c>Limits</c>, <c>AccessOptions</c>, <c>ChangeHub</c>,
    /// <c>WaitRegistry</c> and <c>TimeProvider</c>.
    /// </summary>
    public static IServiceCollection AddGoterraStore(
        this IServiceCollection services, StoreOptions options, SecretRing secrets)
    {
        services
            .AddMetrics()
            .AddSingleton<StoreMetrics>()
            .AddSingleton(secrets)
            .AddSingleton<ValueCipher>()
            .AddSingleton<WriteFingerprint>()
            .AddSingleton<IEventCursors, EventCursors>()
            .AddSingleton<SourceHash>()
            .AddSingleton<CreationFingerprint>()
            .AddSingleton<IDeploymentTokens, JwtDeploymentTokens>();
        _ = options.Redis is { } redis
            ? services.AddRedis(redis, options.Prefix)
            : services.AddSqlite(new SqliteOptions(options.Data));

        // After the store: it stops before it, and stores the last waits.
        return services
            .AddSingleton<EndedWaitService>()
            .AddHostedService(provider => provider.GetRequiredService<EndedWaitService>());
    }

    private static IServiceCollection AddRedis(
        this IServiceCollection services, RedisOptions options, string prefix) => services
        .AddSingleton(options)
        .AddSingleton(new RedisKeys(prefix))
        .AddSingleton<RedisClaim>()
        .AddSingleton<RedisAvailability>()
        .AddSingleton<RedisConnection>()
        .AddSingleton<IAccessRepository, RedisAccessRepository>()
        .AddSingleton<ITicketRepository, RedisTicketRepository>()
        .AddSingleton<INamespaceRepository, RedisNamespaceRepository>()
        .AddSingleton<RedisDeploymentIndex>()
        .AddSingleton<IDeploymentIndex>(provider => provider.GetRequiredService<RedisDeploymentIndex>())
        .AddSingleton<RedisRemoval>()
        .AddSingleton<RedisFailures>()
        .AddSingleton<RedisCreation>()
        .AddSingleton<RedisValueReader>()
        .AddSingleton<RedisValueWriter>()
        .AddSingleton<IDeploymentRepository, RedisDeploymentRepository>()
        .AddHostedService(provider => provider.GetRequiredService<RedisConnection>())
        .AddSingleton<IEndedWaits, RedisEndedWaits>()
        .AddSingleton<RedisWaitingBoard>()
        .AddSingleton<IRemoteWaits>(provider => provider.GetRequiredService<RedisWaitingBoard>())
        .AddHostedService(provider => provider.GetRequiredService<RedisWaitingBoard>())
        .AddSingleton<RedisLeases>()
        .AddHostedService(provider => provider.GetRequiredService<RedisLeases>())
        .AddSingleton<RedisChangeFeed>()
        .AddSingleton<IChangeFeed>(provider => provider.GetRequiredService<RedisChangeFeed>())
        .AddHostedService(provider => provider.GetRequiredService<RedisChangeFeed>())
        .AddHostedService<RedisSweeper>();
}
