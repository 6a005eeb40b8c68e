namespace Goterra.Core.Access;

/// <summary>Who did something with credentials, for the security events of a deployment.</summary>
/// <param name="Subject">The uid of a user, or the name of a ticket.</param>
/// <param name="Address">The address of the client.</param>
public sealed record SecurityNote(string Subject, string Address)
{
    public string ToText() => $"{Subject}\n{Address}";

    public static SecurityNote Parse(string text) =>
        text.LastIndexOf('\n') is >= 0 and var end
            ? new SecurityNote(text[..end], text[(end + 1)..])
            : new SecurityNote(text, "");
}
