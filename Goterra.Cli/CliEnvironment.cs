using Goterra.Cli.Processes;

namespace Goterra.Cli;

/// <summary>Everything outside of the program that it touches besides the network, so that a test can pass its own.</summary>
internal sealed record CliEnvironment(
    Stream Input,
    Stream Output,
    TextWriter Error,
    bool ErrorIsTerminal,
    Func<string, string?> Variable,
    TimeProvider Time)
{
    public static CliEnvironment OfThisProcess() => new(
        StandardStream.Input,
        StandardStream.Output,
        new StreamWriter(StandardStream.Error, bufferSize: 256),
        Libc.IsTerminal(2) && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb"),
        Environment.GetEnvironmentVariable,
        TimeProvider.System);
}
