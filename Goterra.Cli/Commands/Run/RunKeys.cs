using Goterra.Cli.Arguments;

namespace Goterra.Cli.Apps;

/// <summary>Where the facts about a command lie that `run` runs: names that scripts for the original have used by hand, and two of our own.</summary>
internal sealed class AppKeys
{
    public const string StatusPrefix = "status_app_";
    public const string RecordPrefix = "_run_app_";
    public const string HeartbeatPrefix = "_heartbeat_app_";

    private AppKeys(string suffix) => (Status, Start, End, Log, Record, Heartbeat) = (
        ValueKey.Parse(StatusPrefix + suffix), ValueKey.Parse("ts_start_" + suffix), ValueKey.Parse("ts_end_" + suffix),
        ValueKey.Parse("_log_app_" + suffix), ValueKey.Parse(RecordPrefix + suffix), ValueKey.Parse(HeartbeatPrefix + suffix));

    /// <summary>`start`, `over` or `failed`.</summary>
    public ValueKey Status { get; }

    /// <summary>In seconds since 1970, as `date +%s` prints them.</summary>
    public ValueKey Start { get; }

    public ValueKey End { get; }

    public ValueKey Log { get; }

    /// <summary>An <see cref="AppRecord"/>.</summary>
    public ValueKey Record { get; }

    /// <summary>A lease that is there while the command runs.</summary>
    public ValueKey Heartbeat { get; }

    public static AppKeys Of(string name, string host)
    {
        Check(name, "--name");
        Check(host, "--host");
        return new AppKeys($"{name}_{host}");
    }

    private static void Check(string text, string option)
    {
        if (text.Length == 0)
            throw CliException.Usage($"{option} is empty (an unset shell variable?)");
        if (text.Length > 200 || !text.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.'))
            throw CliException.Usage($"{option} must be up to 200 letters, digits, - _ and .: it becomes a part of keys");
    }
}
