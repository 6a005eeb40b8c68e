using System.Security.Cryptography;
using System.Text;
using Goterra.Cli.Connection;

namespace Goterra.Cli.Tickets;

/// <summary>What one machine can trade for a token, once: the deployment's id, a dot, and random bits. No record: its text must not come out of a ToString.</summary>
internal sealed class Ticket
{
    private Ticket(string text, string deployment) => (Text, Deployment) = (text, deployment);

    public string Text { get; }

    public string Deployment { get; }

    /// <summary>What may be written down in its place.</summary>
    public string Hash() => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text)));

    /// <param name="text">As `ticket create` printed it.</param>
    /// <param name="source">For messages, which never quote it.</param>
    public static Ticket Parse(string text, string source)
    {
        var trimmed = text.Trim();
        var dot = trimmed.IndexOf('.');
        if (dot <= 0 || dot == trimmed.Length - 1 || !WireAnswer.IsSecret(trimmed) || !trimmed[..dot].All(character => char.IsAsciiLetterOrDigit(character) || character == '-'))
            throw CliException.Usage($"{source} is not a ticket: it takes what `goterra-cli ticket create` printed");
        return new Ticket(trimmed, trimmed[..dot]);
    }
}
