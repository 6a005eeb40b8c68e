namespace Goterra.Cli;

/// <summary>Finds the word that was probably meant.</summary>
internal static class Suggestion
{
    /// <summary>Longer words are no misspelled commands.</summary>
    private const int MaxLength = 20;

    /// <summary>Returns null if no word is similar.</summary>
    public static string? Closest(string typed, IEnumerable<string> words)
    {
        if (typed.Length > MaxLength)
            return null;
        var (word, edits) = words.Select(word => (word, Edits: CountEdits(typed, word))).MinBy(entry => entry.Edits);
        return edits <= Math.Max(1, typed.Length / 3) ? word : null;
    }

    /// <summary>The Levenshtein distance: letters to insert, remove or replace.</summary>
    private static int CountEdits(string from, string to)
    {
        var previous = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 0; i < from.Length; i++)
        {
            var current = new int[to.Length + 1];
            current[0] = i + 1;
            for (var j = 0; j < to.Length; j++)
            {
                var replaced = previous[j] + (from[i] == to[j] ? 0 : 1);
                current[j + 1] = Math.Min(replaced, Math.Min(current[j], previous[j + 1]) + 1);
            }

            previous = current;
        }

        return previous[^1];
    }
}
