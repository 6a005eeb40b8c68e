using Goterra.Cli.Runtime;

namespace Goterra.Cli.Processes;

/// <summary>A command could not be started. The exit codes are those of a shell.</summary>
internal sealed class CommandStartException(int exitCode, string message) : Exception(message)
{
    public const int NotExecutable = 126;
    public const int NotFound = 127;

    public int ExitCode { get; } = exitCode;

    public static CommandStartException From(int error, string program, string message) => error == Libc.NotExecutable
        ? new(NotExecutable, $"{program}: exec format error (is it a script without a #! line?)")
        : new(error == Libc.NoEntry ? NotFound : NotExecutable, $"{program}: {message}");

    public CliException ToCliException() => new((ExitCode)ExitCode, Message);
}
