namespace Goterra.Cli;

/// <summary>Finds the word that was probably meant.</summary>
internal static class Suggestion
{
    /// <summary>Longer words are no misspelled commands.</summary>
    private const int MaxLength = 20;

    /// <summary>Returns null if no word is similar.</summary>
    public static string? Closest(string typed, IEnumerable<string> words) =>
        typed.Length > MaxLength ? null : NearestName.Find(typed, words);
}
