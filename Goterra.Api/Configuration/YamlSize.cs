using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Goterra.Api.Configuration;

/// <summary>
/// Refuses YAML that becomes much larger when it is read: aliases of aliases grow exponentially, and deep nesting
/// exhausts the stack.
/// </summary>
internal static class YamlSize
{
    private const int MaxNodes = 100_000;
    private const int MaxDepth = 100;

    /// <exception cref="YamlException">It is not YAML, or too large.</exception>
    public static void Check(string text)
    {
        using var reader = new StringReader(text);
        var parser = new Parser(reader);
        var sizes = new Dictionary<AnchorName, long>();
        var open = new Stack<(AnchorName Anchor, long Before)>();
        long nodes = 0;
        while (parser.MoveNext())
        {
            switch (parser.Current)
            {
                case AnchorAlias alias:
                    nodes += sizes.TryGetValue(alias.Value, out var size)
                        ? size
                        : throw new YamlException(alias.Start, alias.End, "The alias has no anchor before it");
                    break;
                case Scalar scalar:
                    nodes++;
                    Remember(scalar.Anchor, 1);
                    break;
                case NodeEvent start:
                    open.Push((start.Anchor, nodes++));
                    break;
                case MappingEnd or SequenceEnd:
                    var (anchor, before) = open.Pop();
                    Remember(anchor, nodes - before);
                    break;
            }

            if (parser.Current is { } current && (nodes > MaxNodes || open.Count > MaxDepth))
                throw new YamlException(current.Start, current.End,
                    "More than 100,000 nodes (aliases expanded), or nested deeper than 100");
        }

        void Remember(AnchorName anchor, long size)
        {
            if (!anchor.IsEmpty)
                sizes[anchor] = size;
        }
    }
}
