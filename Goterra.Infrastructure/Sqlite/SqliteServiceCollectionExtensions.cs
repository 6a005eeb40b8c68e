using Goterra.Core.Deployments;
using Goterra.Core.Tokens;
using Goterra.Core.Waiting;
using Microsoft.Extensions.DependencyInjection;

namespace Goterra.Infrastructure.Sqlite;

internal static class SqliteServiceCollectionExtensions
{
    public static IServiceCollection AddSqlite(this IServiceCollection services, SqliteOptions options) => services
        .AddSingleton(options)
        .AddSingleton<SqliteHealth>()
        .AddSingleton<SqliteStore>()
        .AddHostedService(provider => provider.GetRequiredService<SqliteStore>())
        .AddSingleton<SqliteRemoval>()
        .AddSingleton<SqliteCreation>()
        .AddSingleton<SqliteValueWriter>()
        .AddSingleton<SqliteFailures>()
        .AddSingleton<IDeploymentRepository, SqliteDeploymentRepository>()
        .AddSingleton<IDeploymentIndex, SqliteDeploymentIndex>()
        .AddSingleton<IAccessRepository, SqliteAccessRepository>()
        .AddSingleton<ITicketRepository, SqliteTicketRepository>()
        .AddSingleton<INamespaceRepository, SqliteNamespaceRepository>()
        .AddSingleton<IRemoteWaits, NoRemoteWaits>()
        .AddSingleton<IEndedWaits, SqliteEndedWaits>()
        .AddSingleton<SqliteHousekeeping>()
        .AddHostedService(provider => provider.GetRequiredService<SqliteHousekeeping>());
}

/// <param name="Folder">The data folder.</param>
/// <param name="FileThreshold">Sealed values of more bytes go to a file.</param>
internal sealed record SqliteOptions(string Folder, int FileThreshold = ValueFiles.DefaultThreshold);
