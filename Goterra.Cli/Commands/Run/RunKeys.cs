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
    public const string LogPrefix = "_log_app_";

    private const string StartPrefix = "ts_start_";
    private const string EndPrefix = "ts_end_";

    private const int MaxNameLength = 200;

    private static readonly string[] Prefixes =
        [StatusPrefix, RecordPrefix, HeartbeatPrefix, LogPrefix, StartPrefix, EndPrefix];

    /// <summary>What <see cref="Status"/> contains.</summary>
    public static IReadOnlyList<string> States { get; } = ["start", "over", "failed"];

    private RunKeys(string suffix)
    {
        Status = ValueKey.Parse(StatusPrefix + suffix);
        Start = ValueKey.Parse(StartPrefix + suffix);
        End = ValueKey.Parse(EndPrefix + suffix);
        Log = ValueKey.Parse(LogPrefix + suffix);
        Record = ValueKey.Parse(RecordPrefix + suffix);
        Heartbeat = ValueKey.Parse(HeartbeatPrefix + suffix);
    }

    /// <summary>One of <see cref="States"/>.</summary>
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

    /// <summary>The app and host that a key belongs to; null if it is not one of these keys.</summary>
    public static string? SuffixOf(string key) =>
        Prefixes.FirstOrDefault(prefix => key.StartsWith(prefix, StringComparison.Ordinal)) is { } found
            ? key[found.Length..]
            : null;

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
