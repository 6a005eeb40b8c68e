using Goterra.Cli.Tickets;

namespace Goterra.Cli.Connection;

/// <param name="Credential">Null where the server is to be asked without.</param>
/// <param name="Place">Where a new token goes that takes its place; null: nowhere but stdout.</param>
internal sealed record FoundCredential(Credential? Credential, ITokenPlace? Place);

/// <summary>Which of the credentials that a machine was given counts: --token, GOT_TOKEN, GOT_TOKEN_FILE, GOT_TICKET, GOT_APIKEY, the first that is there.</summary>
internal sealed class CredentialFinder(CliEnvironment environment)
{
    private const string KeyVariable = "GOT_APIKEY";

    /// <summary>The ticket, where it is what counts.</summary>
    public Ticket? Ticket(string? givenToken)
    {
        if (givenToken is not null || Given("GOT_TOKEN") is not null || Given("GOT_TOKEN_FILE") is not null)
            return null;
        if (Given("GOT_TICKET") is { } ticket)
            return Tickets.Ticket.Parse(ticket, "GOT_TICKET");
        return Given("GOT_TICKET_FILE") is { } path ? Tickets.Ticket.Parse(SecretFile.Read(path, "GOT_TICKET_FILE"), "the file that GOT_TICKET_FILE names") : null;
    }

    /// <param name="givenToken">The value of --token.</param>
    /// <param name="byApiKey">Only the API key counts.</param>
    public FoundCredential Find(string? givenToken, bool byApiKey)
    {
        if (givenToken is not null && !byApiKey)
            return new(Credential.Token(NotEmpty(givenToken, "--token is empty: give it a value, or leave it out and set GOT_TOKEN or GOT_TOKEN_FILE"), "--token"), null);
        if (Given("GOT_TOKEN") is { } token && !byApiKey)
            return new(Credential.Token(token, "GOT_TOKEN"), null);
        var file = givenToken is null && Given("GOT_TOKEN") is null && Given("GOT_TOKEN_FILE") is { } path ? new TokenFile(path) : null;
        if (file is not null && !byApiKey)
            return new(file.Credential(), file);
        if (byApiKey)
            return new(RequiredApiKey(), file);
        return new(ApiKey() ?? throw CliException.Usage("no token: give --token, or set GOT_TOKEN, GOT_TOKEN_FILE or GOT_TICKET"), null);
    }

    public Credential? ApiKey() => Given(KeyVariable) is { } key ? Credential.ApiKey(key, KeyVariable) : null;

    public Credential RequiredApiKey() => ApiKey() ?? throw CliException.Usage($"this needs an API key: set {KeyVariable}");

    private string? Given(string variable) => environment.Variable(variable) is { } text && !string.IsNullOrWhiteSpace(text) ? text : null;

    private static string NotEmpty(string text, string otherwise) => string.IsNullOrWhiteSpace(text) ? throw CliException.Usage(otherwise) : text;
}
