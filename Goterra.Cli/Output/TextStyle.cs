namespace Goterra.Cli.Output;

/// <summary>Colors on a terminal, unless NO_COLOR is set (no-color.org).</summary>
internal sealed class TextStyle(bool isEnabled)
{
    /// <summary>Moves to the top left and erases the screen.</summary>
    public const string ClearScreen = "\u001b[H\u001b[2J\u001b[3J";

    public string Bad(string text) => Color("31", text);

    public string Good(string text) => Color("32", text);

    public string Doubtful(string text) => Color("33", text);

    private string Color(string code, string text) => isEnabled ? $"\u001b[{code}m{text}\u001b[0m" : text;
}
