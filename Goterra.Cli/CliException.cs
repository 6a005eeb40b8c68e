namespace Goterra.Cli;

/// <summary>Ends the program with one line on stderr. Caught in one place, <see cref="CommandLineApp"/>.</summary>
internal sealed class CliException(ExitCode exitCode, string message) : Exception(message)
{
    public ExitCode ExitCode { get; } = exitCode;

    public static CliException Usage(string message) => new(ExitCode.Usage, message);
}
