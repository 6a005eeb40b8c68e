using Goterra.Cli.Runtime;

namespace Goterra.Cli.Sessions;

/// <summary>Identifies the current holder of a lease. A fenced write fails if the lease has changed hands.</summary>
internal sealed record LeaseFence
{
    /// <summary>Set by `elect` and `once` for their command, and read by `put` and `rm`.</summary>
    public const string Variable = "GOT_FENCE";

    private LeaseFence(string text) => Text = text;

    /// <summary>The value of the header: the percent-encoded key, a space, the ETag.</summary>
    public string Text { get; }

    public static LeaseFence Parse(string text) =>
        text.All(character => character is >= ' ' and < (char)127)
            && text.Trim().Contains(' ', StringComparison.Ordinal)
            ? new LeaseFence(text.Trim())
            : throw CliException.Usage(
                $"{Variable} must be the key of a lease, a space, and its ETag, as set by goterra-cli elect");

    public static IReadOnlyList<(string Name, string Value)> Headers(LeaseFence? fence) =>
        fence is null ? [] : [("Goterra-Fence", fence.Text)];

    public override string ToString() => Text;
}
