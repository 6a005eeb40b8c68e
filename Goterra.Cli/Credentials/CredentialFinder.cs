using Goterra.Cli.Http;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Credentials;

/// <param name="Credential">Null for an anonymous request.</param>
/// <param name="Storage">Where to store a token that replaces it; null for stdout.</param>
internal sealed record FoundCredential(Credential? Credential, ITokenStorage? Storage);

/// <summary>
/// Finds the credential to use. The first of --token, GOT_TOKEN, GOT_TOKEN_FILE, GOT_TICKET, GOT_TICKET_FILE and
/// GOT_APIKEY wins.
/// </summary>
internal sealed class CredentialFinder(CliEnvironment environment)
{
    private const string KeyVariable = "GOT_APIKEY";

    /// <summary>The ticket, if no token is given.</summary>
    public DeploymentTicket? Ticket(string? tokenOption)
    {
        if (tokenOption is not null || Variable("GOT_TOKEN") is not null || Variable("GOT_TOKEN_FILE") is not null)
            return null;
        if (Variable("GOT_TICKET") is { } ticket)
            return DeploymentTicket.Parse(ticket, "GOT_TICKET");
        return Variable("GOT_TICKET_FILE") is { } path
            ? DeploymentTicket.Parse(TokenFile.ReadSecret(path, "GOT_TICKET_FILE"), "the file named by GOT_TICKET_FILE")
            : null;
    }

    /// <param name="tokenOption">The value of --token.</param>
    /// <param name="byApiKey">Use the API key even if there is a token.</param>
    public FoundCredential Find(string? tokenOption, bool byApiKey)
    {
        var file = tokenOption is null && Variable("GOT_TOKEN") is null && Variable("GOT_TOKEN_FILE") is { } path
            ? new TokenFile(path)
            : null;
        if (byApiKey)
            return new(RequiredApiKey(), file);
        if (string.IsNullOrWhiteSpace(tokenOption) && tokenOption is not null)
            throw CliException.Usage("--token is empty: set it, or leave it out and set GOT_TOKEN or GOT_TOKEN_FILE");
        if (tokenOption is not null)
            return new(Credential.Token(tokenOption, "--token"), null);
        if (Variable("GOT_TOKEN") is { } token)
            return new(Credential.Token(token, "GOT_TOKEN"), null);
        if (file is not null)
            return new(file.Credential(), file);
        return new(
            ApiKey()
                ?? throw CliException.Usage("no token: use --token, or set GOT_TOKEN, GOT_TOKEN_FILE or GOT_TICKET"),
            null);
    }

    public Credential? ApiKey() => Variable(KeyVariable) is { } key ? Credential.ApiKey(key, KeyVariable) : null;

    public Credential RequiredApiKey() =>
        ApiKey() ?? throw CliException.Usage($"this command needs an API key: set {KeyVariable}");

    private string? Variable(string name) =>
        environment.Variable(name) is { } text && !string.IsNullOrWhiteSpace(text) ? text : null;
}
