using Goterra.Cli.Runtime;

namespace Goterra.Cli.Commands.Run;

/// <summary>
/// The keys in which `run` stores the state of a command. Status, start and end are those that scripts for the original
/// client use.
/// </summary>
internal sealed class RunKeys
{
    public const string StatusPrefix = "status_app_";
    public const string RecordPrefix = "_run_app_";
    public const string HeartbeatPrefix = "_heartbeat_app_";

    private const int MaxNameLength = 200;

    private RunKeys(string suffix)
    {
        Status = ValueKey.Parse(StatusPrefix + suffix);
        Start = ValueKey.Parse("ts_start_" + suffix);
        End = ValueKey.Parse("ts_end_" + suffix);
        Log = ValueKey.Parse("_log_app_" + suffix);
        Record = ValueKey.Parse(RecordPrefix + suffix);
        Heartbeat = ValueKey.Parse(HeartbeatPrefix + suffix);
    }

    /// <summary>`start`, `over` or `failed`.</summary>
    public ValueKey Status { get; }

    /// <summary>In seconds since 1970, like `date +%s`.</summary>
    public ValueKey Start { get; }

    /// <summary>In seconds since 1970.</summary>
    public ValueKey End { get; }

    public ValueKey Log { get; }

    /// <summary>A <see cref="Protocol.RunRecord"/>.</summary>
    public ValueKey Record { get; }

    /// <summary>A lease that is held while the command runs.</summary>
    public ValueKey Heartbeat { get; }

    public static RunKeys Create(string name, string host) =>
        new($"{Checked(name, "--name")}_{Checked(host, "--host")}");

    private static string Checked(string text, string option)
    {
        if (text.Length == 0)
            throw CliException.Usage($"{option} is empty (is a shell variable unset?)");
        return text.Length <= MaxNameLength
            && text.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.')
            ? text
            : throw CliException.Usage(
                $"{option} must have 1 to {MaxNameLength} letters, digits, '-', '_' and '.': it becomes part of keys");
    }
}
