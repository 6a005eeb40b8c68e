using Goterra.Core.Deployments;
using Goterra.Core.Tokens;
using Goterra.Core.Waiting;
using Goterra.Infrastructure.Encryption;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Goterra.Infrastructure.Sqlite;

internal static class SqliteServiceCollectionExtensions
{
    /// <summary>Adds the embedded store in this folder.</summary>
    public static IServiceCollection AddSqlite(this IServiceCollection services, string folder) => services
        .AddSingleton(provider => new SqliteStore(
            folder,
            provider.GetRequiredService<SecretRing>(),
            provider.GetRequiredService<ChangeHub>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILoggerFactory>()))
        .AddHostedService(provider => provider.GetRequiredService<SqliteStore>())
        .AddSingleton<SqliteRemoval>()
        .AddSingleton<IDeploymentRepository, SqliteDeploymentRepository>()
        .AddSingleton<IDeploymentIndex, SqliteDeploymentIndex>()
        .AddSingleton<IAccessRepository, SqliteAccessRepository>()
        .AddSingleton<ITicketRepository, SqliteTicketRepository>()
        .AddSingleton<INamespaceRepository, SqliteNamespaceRepository>()
        .AddSingleton<IRemoteWaits, NoRemoteWaits>()
        .AddSingleton<SqliteHousekeeping>()
        .AddHostedService(provider => provider.GetRequiredService<SqliteHousekeeping>());
}
