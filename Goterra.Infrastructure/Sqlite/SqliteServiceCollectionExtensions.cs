using Microsoft.Extensions.DependencyInjection;

namespace Goterra.Infrastructure.Sqlite;

internal static class SqliteServiceCollectionExtensions
{
    public static IServiceCollection AddSqlite(this IServiceCollection services, string folder) => throw new NotSupportedException(folder);
}
