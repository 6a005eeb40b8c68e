namespace Goterra.Core.Model;

/// <summary>Finds the name that was probably meant.</summary>
public static class NearestName
{
    /// <param name="wanted">The name as given.</param>
    /// <param name="names">The names that exist.</param>
    /// <param name="maxEdits">By default, a third of the length, and at least 1.</param>
    /// <returns>Null if none is close.</returns>
    public static string? Find(string wanted, IEnumerable<string> names, int? maxEdits = null)
    {
        var within = maxEdits ?? Math.Max(1, wanted.Length / 3);
        string? nearest = null;
        foreach (var name in names)
        {
            if (string.Equals(name, wanted, StringComparison.OrdinalIgnoreCase))
                return name;
            if (Math.Abs(name.Length - wanted.Length) <= within
                && Distance(wanted, name, within) is var distance && distance <= within)
                (nearest, within) = (name, distance - 1);
            if (within < 0)
                break;
        }

        return nearest;
    }

    /// <summary>
    /// The edit distance with transpositions (optimal string alignment), or any number above <paramref name="max"/>.
    /// </summary>
    private static int Distance(string a, string b, int max)
    {
        var (before, last, current) = (new int[b.Length + 1], new int[b.Length + 1], new int[b.Length + 1]);
        for (var j = 0; j <= b.Length; j++)
            last[j] = j;

        for (var i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            var least = i;
            for (var j = 1; j <= b.Length; j++)
            {
                current[j] = Math.Min(
                    Math.Min(current[j - 1], last[j]) + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    current[j] = Math.Min(current[j], before[j - 2] + 1);
                least = Math.Min(least, current[j]);
            }

            if (least > max)
                return max + 1;
            (before, last, current) = (last, current, before);
        }

        return last[b.Length];
    }
}
