namespace Goterra.Cli.Once;

/// <summary>The first line of what is stored about a command that runs once.</summary>
/// <param name="State">`running`, `over` or `failed`.</param>
/// <param name="Host">The machine that runs it, or did.</param>
/// <param name="ExitCode">Null while it runs.</param>
/// <param name="OutputBytes">How much it wrote to stdout; null while it runs.</param>
/// <param name="TooLong">That was more than could be stored: nothing of it follows.</param>
internal sealed record OnceState(string? State, string? Host, int? ExitCode, long? OutputBytes, bool? TooLong);
