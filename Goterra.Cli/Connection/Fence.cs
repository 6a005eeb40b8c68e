namespace Goterra.Cli.Connection;

/// <summary>A lease in certain hands. A write that carries it happens only while it is still in these.</summary>
internal sealed record Fence
{
    /// <summary>By which `elect` tells its command, and the command's own `goterra-cli put` and `rm` know.</summary>
    public const string Variable = "GOT_FENCE";

    private Fence(string text) => Text = text;

    /// <summary>As the header has it.</summary>
    public string Text { get; }

    public static Fence Parse(string text) =>
        text.All(character => character is >= ' ' and < (char)127) && text.Trim().Contains(' ', StringComparison.Ordinal)
            ? new Fence(text.Trim())
            : throw CliException.Usage($"{Variable} must be a lease's key, a blank, and its ETag: as goterra-cli elect sets it for its command");

    public static IReadOnlyList<(string Name, string Value)> Headers(Fence? fence) => fence is null ? [] : [("Goterra-Fence", fence.Text)];

    public override string ToString() => Text;
}
