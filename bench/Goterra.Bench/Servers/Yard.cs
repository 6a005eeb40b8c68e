namespace Goterra.Bench.Servers;

/// <summary>The servers that are compared in one run, side by side; none where the run compares nothing.</summary>
internal sealed class Yard : IDisposable
{
    private readonly List<string> _missing = [];
    private RedisServer? _redis;

    private Yard()
    {
    }

    public List<ITarget> Targets { get; } = [];

    /// <summary>Yardsticks that are not installed.</summary>
    public IReadOnlyList<string> Missing => _missing;

    public static async Task<Yard> OpenAsync(BenchOptions options)
    {
        var yard = new Yard();
        try
        {
            if (options.Compares)
                await yard.FillAsync(options);
            return yard;
        }
        catch
        {
            yard.Dispose();
            throw;
        }
    }

    /// <summary>A server that has served nobody yet.</summary>
    public Task<GoterraStore> FreshAsync(BenchOptions options, bool embedded) =>
        GoterraStore.StartAsync(options.Store, embedded ? null : _redis);

    public void Dispose()
    {
        foreach (var target in Targets)
            target.Dispose();
        _redis?.Dispose();
    }

    private async Task FillAsync(BenchOptions options)
    {
        _redis = await RedisServer.StartAsync();
        Targets.Add(await EmptyEndpoint.StartAsync());
        if (Find(Webdis.Program) is { } webdis)
            Targets.Add(await Webdis.StartAsync(webdis, _redis));
        if (Find(Etcd.Program) is { } etcd)
            Targets.Add(await Etcd.StartAsync(etcd));
        Targets.Add(await GoterraStore.StartAsync(options.Store, _redis));
        Targets.Add(await GoterraStore.StartAsync(options.Store, redis: null));
    }

    private string? Find(string program)
    {
        var path = Programs.Find(program);
        if (path is null)
            _missing.Add(program);
        return path;
    }
}
