using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Tokens;
using Goterra.Core.Waiting;
using Goterra.Infrastructure;
using Goterra.Infrastructure.Redis;
using Goterra.Infrastructure.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Goterra.Tests.Contract.Differential;

/// <summary>
/// A store on a clock that the test moves, without its background services: it sweeps only when told to.
/// </summary>
internal sealed class ComparedStore : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly IHostedService _store;
    private readonly Func<CancellationToken, Task> _sweep;

    private ComparedStore(
        string name, ServiceProvider services, IHostedService store, Func<CancellationToken, Task> sweep) =>
        (Name, _services, _store, _sweep) = (name, services, store, sweep);

    /// <summary>Small enough for random operations to reach them.</summary>
    public static Limits SmallLimits { get; } = new() { Keys = 3, DeploymentBytes = 300, Tickets = 1 };

    /// <summary>Names the store in reports.</summary>
    public string Name { get; }

    public AnswerWriter Answers { get; } = new();

    public IDeploymentRepository Repository => Get<IDeploymentRepository>();

    public IDeploymentIndex Index => Get<IDeploymentIndex>();

    public IAccessRepository Access => Get<IAccessRepository>();

    public ITicketRepository Tickets => Get<ITicketRepository>();

    public INamespaceRepository Namespaces => Get<INamespaceRepository>();

    /// <param name="prefix">Separates stores on the same server.</param>
    /// <param name="postponesSwitches">Steps of the clock are interruptions.</param>
    public static async Task<ComparedStore> OnRedisAsync(
        RedisServer redis, string prefix, FrozenClock clock, Limits limits, bool postponesSwitches = false)
    {
        var options =
            new StoreOptions { Redis = new RedisOptions { Host = "127.0.0.1", Port = redis.Port }, Prefix = prefix };
        var services = Build(options, clock, limits);
        var (leases, removal) =
            (services.GetRequiredService<RedisLeases>(), services.GetRequiredService<RedisRemoval>());
        var connection = services.GetRequiredService<RedisConnection>();
        leases.PostponesSwitches = postponesSwitches;
        return await StartAsync(prefix, services, connection, async cancellationToken =>
        {
            await leases.SweepAsync(cancellationToken);
            await removal.SweepAsync(cancellationToken);
        });
    }

    public static async Task<ComparedStore> OnSqliteAsync(
        TempFolder folder, FrozenClock clock, Limits limits, bool postponesSwitches = false)
    {
        var services = Build(new StoreOptions { Data = folder.File("data") }, clock, limits);
        var store = services.GetRequiredService<SqliteStore>();
        var compared = await StartAsync(
            "sqlite", services, store, services.GetRequiredService<SqliteHousekeeping>().SweepAsync);
        store.Renewals.PostponesSwitches = postponesSwitches;
        return compared;
    }

    /// <summary>Removes expired leases and deployments.</summary>
    public Task SweepAsync(CancellationToken cancellationToken) => _sweep(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _store.StopAsync(CancellationToken.None);
        await _services.DisposeAsync();
    }

    private static ServiceProvider Build(StoreOptions options, FrozenClock clock, Limits limits) =>
        new ServiceCollection()
        .AddLogging()
        .AddSingleton<TimeProvider>(clock.Time)
        .AddSingleton(limits)
        .AddSingleton(new AccessOptions { MaxRetention = TimeSpan.FromDays(10) })
        .AddSingleton<ChangeHub>()
        .AddSingleton<WaitRegistry>()
        .AddGoterraStore(options, OpenStore.TestSecret)
        .AddSingleton(new SqliteOptions(options.Data, FileThreshold: 100))
        .BuildServiceProvider();

    private static async Task<ComparedStore> StartAsync(
        string name, ServiceProvider services, IHostedService store, Func<CancellationToken, Task> sweep)
    {
        await store.StartAsync(CancellationToken.None);
        return new ComparedStore(name, services, store, sweep);
    }

    private T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();
}
