using System.Security.Cryptography;
using System.Text;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Credentials;

/// <summary>
/// A single-use ticket, which one machine can redeem for a token: the id of the deployment, a dot, and random bits. Not
/// a record: ToString must not reveal it.
/// </summary>
internal sealed class DeploymentTicket
{
    private DeploymentTicket(string text, string deployment) => (Text, Deployment) = (text, deployment);

    public string Text { get; }

    public string Deployment { get; }

    /// <summary>Identifies the ticket without revealing it.</summary>
    public string Hash() => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text)));

    /// <param name="text">As printed by `ticket create`.</param>
    /// <param name="source">For messages, which never quote the ticket.</param>
    public static DeploymentTicket Parse(string text, string source)
    {
        var trimmed = text.Trim();
        var dot = trimmed.IndexOf('.');
        if (dot <= 0 || dot == trimmed.Length - 1 || !HeaderText.IsWord(trimmed)
            || !trimmed[..dot].All(character => char.IsAsciiLetterOrDigit(character) || character == '-'))
        {
            throw CliException.Usage(
                $"{source} is not a ticket (the id of a deployment, a dot, and random characters): "
                + "expected the output of `goterra-cli ticket create`");
        }

        return new DeploymentTicket(trimmed, trimmed[..dot]);
    }
}
