using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Waiting;
using Goterra.Infrastructure.Encryption;
using Goterra.Infrastructure.Store;
using Goterra.Infrastructure.Tokens;
using Microsoft.Extensions.DependencyInjection;

namespace Goterra.Infrastructure;

/// <summary>What this project brings to the composition root.</summary>
public static class StoreServices
{
    /// <summary>Adds the store, its feed of changes and its tokens. Expects <c>Limits</c>, <c>AccessOptions</c>, <c>ChangeHub</c>, <c>WaitingList</c> and <c>TimeProvider</c> from the caller.</summary>
    public static IServiceCollection AddGoterraStore(this IServiceCollection services, StoreOptions options, SecretRing secrets) => services
        .AddSingleton(options)
        .AddSingleton(secrets)
        .AddSingleton(new StoreKeys(options.Prefix))
        .AddSingleton<ValueCipher>()
        .AddSingleton<IDeploymentTokens, JwtDeploymentTokens>()
        .AddSingleton<StoreConnection>()
        .AddSingleton<IAccessRepository, RedisAccessRepository>()
        .AddSingleton<ITicketRepository, RedisTicketRepository>()
        .AddSingleton<INamespaceRepository, RedisNamespaceRepository>()
        .AddSingleton<RedisDeploymentIndex>()
        .AddSingleton<IDeploymentIndex>(provider => provider.GetRequiredService<RedisDeploymentIndex>())
        .AddSingleton<DeploymentRemoval>()
        .AddSingleton<IDeploymentRepository, RedisDeploymentRepository>()
        .AddHostedService(provider => provider.GetRequiredService<StoreConnection>())
        .AddSingleton<RedisWaitingBoard>()
        .AddSingleton<IWaitingBoard>(provider => provider.GetRequiredService<RedisWaitingBoard>())
        .AddHostedService(provider => provider.GetRequiredService<RedisWaitingBoard>())
        .AddSingleton<RedisLeases>()
        .AddHostedService(provider => provider.GetRequiredService<RedisLeases>())
        .AddHostedService<RedisChangeFeed>()
        .AddHostedService<DeploymentSweeper>()
        .AddHostedService<EmbeddedStoreCare>();
}
