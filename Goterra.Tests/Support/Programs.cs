namespace Goterra.Tests.Support;

/// <summary>Programs on this machine that a test needs.</summary>
public static class Programs
{
    /// <summary>Set by CI: a test that is left out for want of a program is a failure there.</summary>
    public static bool AllRequired => Environment.GetEnvironmentVariable("GOTERRA_TESTS_REQUIRE_ALL") == "1";

    public static string? Find(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, name))
        .FirstOrDefault(File.Exists);
}

/// <summary>A test that needs programs from outside; left out where one of them is missing, except in CI.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FactWithAttribute : FactAttribute
{
    public FactWithAttribute(params string[] programs)
    {
        var missing = programs.Where(program => Programs.Find(program) is null).ToList();
        if (missing.Count > 0 && !Programs.AllRequired)
            Skip = $"needs {string.Join(", ", missing)}";
    }
}

/// <summary>The same for a test with data.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TheoryWithAttribute : TheoryAttribute
{
    public TheoryWithAttribute(params string[] programs) => Skip = new FactWithAttribute(programs).Skip;
}

/// <summary>The same for a test that only root can run: it mounts, or makes network namespaces.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RootFactWithAttribute : FactAttribute
{
    public RootFactWithAttribute(params string[] programs)
    {
        Skip = new FactWithAttribute(programs).Skip
            ?? (Environment.UserName == "root" || Programs.AllRequired ? null : "needs root");
    }
}

/// <summary>
/// The kinds of store that the same tests run against: the embedded one, and Redis where it is installed.
/// </summary>
public sealed class EachStoreData : TheoryData<StoreKind>
{
    public EachStoreData()
    {
        Add(StoreKind.Embedded);
        if (RedisServer.IsInstalled || Programs.AllRequired)
            Add(StoreKind.Redis);
    }
}

/// <summary>With a Redis Cluster, too: for what every store must do.</summary>
public sealed class EveryStoreData : TheoryData<StoreKind>
{
    public EveryStoreData()
    {
        Add(StoreKind.Embedded);
        if (RedisServer.IsInstalled || Programs.AllRequired)
            AddRange(StoreKind.Redis, StoreKind.Cluster);
    }
}

public enum StoreKind
{
    Embedded,
    Redis,
    Cluster,
}
