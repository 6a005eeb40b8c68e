namespace Goterra.Cli.Apps;

/// <param name="ExitCode">128 and its number where a signal ended it.</param>
/// <param name="Duration">By the monotonic clock.</param>
internal sealed record AppEnd(int ExitCode, TimeSpan Duration);
