namespace Goterra.Cli.Apps;

/// <summary>What became of a command, in one value.</summary>
/// <param name="State">`start`, `over` or `failed`, as in the key of the status.</param>
/// <param name="Name">Of the app.</param>
/// <param name="Host">Where it runs.</param>
/// <param name="ExitCode">128 and its number where a signal ended it; null while it runs.</param>
/// <param name="Seconds">How long it ran, by a clock that nobody sets; null while it runs.</param>
internal sealed record AppRecord(string? State, string? Name, string? Host, int? ExitCode, double? Seconds);
