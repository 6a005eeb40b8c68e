namespace Goterra.Cli.Processes;

/// <summary>A command that could not be started; the exit codes are a shell's.</summary>
internal sealed class CannotStartException(int exitCode, string message) : Exception(message)
{
    public const int NotExecutable = 126;
    public const int NotFound = 127;

    public int ExitCode { get; } = exitCode;

    public static CannotStartException From(int error, string program, string message) =>
        error == Libc.NotExecutable
            ? new(NotExecutable, $"{program}: the kernel can not run it (a script without a #! line?)")
            : new(error == Libc.NoEntry ? NotFound : NotExecutable, $"{program}: {message}");

    public CliException ToCliException() => new((ExitCode)ExitCode, Message);
}
