namespace Goterra.Bench.Faults;

/// <param name="RunAsync">Starts what the fault needs, given the path of goterra-store, and checks.</param>
internal sealed record Fault(string Name, Func<string, Task<CheckResult>> RunAsync);
