namespace Goterra.Cli.Processes;

/// <summary>A program, its arguments and its environment.</summary>
internal sealed record ChildCommand(IReadOnlyList<string> Words, ProcessEnvironment Environment)
{
    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Where the program is, found as a shell finds it: .NET would look beside this program, and in the current folder, before the PATH.</summary>
    /// <exception cref="CannotStartException">There is none.</exception>
    public string FindProgram()
    {
        var name = Words[0];
        if (name.Length == 0)
            throw new CannotStartException(CannotStartException.NotFound, "the command is empty (an unset shell variable?)");
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
            ? new CannotStartException(CannotStartException.NotExecutable, $"{name}: permission denied")
            : new CannotStartException(CannotStartException.NotFound, $"{name}: there is no such program on the PATH");
    }

    public override string ToString() => nameof(ChildCommand);
}
