namespace Goterra.Core.Access;

/// <summary>Who wrote or removed a key, for display.</summary>
/// <param name="Name">The uid of a user, or the name of a ticket.</param>
/// <param name="Client">Address and name of the client.</param>
public sealed record Writer(string Name, string Client)
{
    public string ToText() => $"{Name}\n{Client}";

    public static Writer Parse(string text) =>
        text.IndexOf('\n', StringComparison.Ordinal) is >= 0 and var end
            ? new Writer(text[..end], text[(end + 1)..])
            : new Writer(text, "");
}
