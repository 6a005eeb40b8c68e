namespace Goterra.Cli.Runtime;

/// <summary>Ends the program with a one-line message on stderr. <c>CommandLineApp</c> catches it.</summary>
internal sealed class CliException(ExitCode exitCode, string message) : Exception(message)
{
    public ExitCode ExitCode { get; } = exitCode;

    public static CliException Usage(string message) => new(ExitCode.Usage, message);
}

/// <summary>The exit codes of the program. Scripts depend on them: the numbers never change their meaning.</summary>
internal enum ExitCode
{
    Done = 0,
    Error = 1,
    Usage = 2,
    TimedOut = 3,
    NotAuthorized = 4,
    DeploymentGone = 5,
    DeploymentFailed = 6,
    Unreachable = 7,
    LostRace = 8,
}
