namespace Goterra.Cli.Processes;

/// <summary>A program with its arguments and environment.</summary>
internal sealed record ChildCommand(IReadOnlyList<string> Words, ProcessEnvironment Environment)
{
    private const UnixFileMode AnyExecute =
        UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>
    /// Finds the program like a shell. .NET would first look in its own folder and in the current one.
    /// </summary>
    /// <exception cref="CommandStartException">The program was not found.</exception>
    public string FindProgram()
    {
        var name = Words[0];
        if (name.Length == 0)
            throw new CommandStartException(
                CommandStartException.NotFound, "the command is empty (is a shell variable unset?)");
        if (name.Contains('/', StringComparison.Ordinal))
            return name;

        var denied = false;
        foreach (var folder in (Environment.Text("PATH") ?? "/usr/local/bin:/usr/bin:/bin").Split(':'))
        {
            var path = Path.Combine(folder.Length == 0 ? "." : folder, name);
            if (!File.Exists(path))
                continue;
            if (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & AnyExecute) != 0)
                return path;
            denied = true;
        }

        throw denied
            ? new CommandStartException(CommandStartException.NotExecutable, $"{name}: permission denied")
            : new CommandStartException(CommandStartException.NotFound, $"{name}: command not found");
    }

    public override string ToString() => nameof(ChildCommand);
}
