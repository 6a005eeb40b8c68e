using System.CommandLine;
using Goterra.Cli.Arguments;
using Goterra.Cli.Credentials;
using Goterra.Cli.Http;
using Goterra.Cli.Output;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Sessions;

/// <summary>
/// What was given to a command. Each part is resolved when it is asked for, and throws a <see cref="CliException"/> if
/// it is invalid.
/// </summary>
internal sealed record ConnectionInputs(Func<ServerRoute> Route, Func<DeploymentInputs> Deployment);

/// <param name="Deployment">The id of the deployment.</param>
/// <param name="Credential">Null for a ticket that has not been redeemed.</param>
internal sealed record DeploymentInputs(string Deployment, Credential? Credential);

/// <summary>Determines server, deployment and credential of a command from its options and the environment.</summary>
internal sealed class SessionFactory(ConnectionOptions options, CliEnvironment environment, StatusWriter statusWriter)
{
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(1);

    /// <summary>For commands that wait for other machines.</summary>
    public static readonly TimeSpan DefaultWait = TimeSpan.FromMinutes(30);

    private readonly CredentialFinder _finder = new(environment);

    /// <param name="parsed">The command line.</param>
    /// <param name="timeout">When to give up; null for --timeout, or a minute.</param>
    /// <param name="byApiKey">Use the API key even if there is a token.</param>
    public Session ForDeployment(ParseResult parsed, TimeSpan? timeout = null, bool byApiKey = false)
    {
        var token = parsed.GetValue(options.Token);
        var time = timeout ?? Timeout(parsed, DefaultTimeout);
        if (!byApiKey && _finder.Ticket(token) is { } ticket)
            return ForTicket(parsed, ticket, time);
        var address = Address(parsed);
        return Open(address, Deployment(parsed), _finder.Find(token, byApiKey), time);
    }

    /// <summary>For commands without a deployment, which use only an API key.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="requiresApiKey">False for commands that may be anonymous.</param>
    public Session ForServer(ParseResult parsed, bool requiresApiKey)
    {
        var timeout = Timeout(parsed, DefaultTimeout);
        var address = Address(parsed);
        var credential = requiresApiKey ? _finder.RequiredApiKey() : _finder.ApiKey();
        return Open(address, deployment: "", new FoundCredential(credential, null), timeout);
    }

    /// <summary>For diagnostics: determines the inputs without using them.</summary>
    public ConnectionInputs Inspect(ParseResult parsed)
    {
        return new ConnectionInputs(() => ServerRoute.To(Address(parsed), environment), InspectDeployment);

        DeploymentInputs InspectDeployment()
        {
            var token = parsed.GetValue(options.Token);
            if (_finder.Ticket(token) is { } ticket)
            {
                var stored = StateDirectory.Open(environment.Variable).Read(ticket)?.Token;
                return new DeploymentInputs(
                    ticket.Deployment, stored is null ? null : Credential.Token(stored, "the redeemed GOT_TICKET"));
            }

            var credential = _finder.Find(token, byApiKey: false).Credential;
            return new DeploymentInputs(Deployment(parsed), credential);
        }
    }

    /// <summary>
    /// The value of --timeout, or the default of the command. Zero is only valid if <paramref name="allowZero"/> is
    /// set.
    /// </summary>
    public TimeSpan Timeout(ParseResult parsed, TimeSpan defaultTimeout, bool allowZero = false)
    {
        if (parsed.GetValue(options.Timeout) is not { } text)
            return defaultTimeout;
        return ArgumentParser.TryParseTimeout(text, out var timeout) && (timeout > TimeSpan.Zero || allowZero)
            ? timeout
            : throw CliException.Usage(
                "--timeout must be a number of minutes, or a time such as 90s, 20m or 1h; at most 365d");
    }

    private Session ForTicket(ParseResult parsed, DeploymentTicket ticket, TimeSpan timeout)
    {
        if (IsGiven(parsed, options.Deployment, "GOT_DEPLOYMENT") && Deployment(parsed) != ticket.Deployment)
            throw CliException.Usage(
                "the ticket belongs to another deployment than --deployment (GOT_DEPLOYMENT), "
                + "which is not needed with a ticket");
        var state = StateDirectory.Open(environment.Variable);
        var address = !IsGiven(parsed, options.Url, "GOT_URL") && state.Read(ticket)?.Url is { Length: > 0 } stored
            ? StoreAddress.Parse(stored)
            : Address(parsed);
        var inner = new StoreClient(ServerRoute.To(address, environment), credential: null, environment.Time);
        var client = new TicketClient(ticket, state, address, inner, statusWriter);
        return Open(address, ticket.Deployment, client, client, timeout);
    }

    private Session Open(StoreAddress address, string deployment, FoundCredential found, TimeSpan timeout)
    {
        var client = new StoreClient(ServerRoute.To(address, environment), found.Credential, environment.Time);
        var renewing = found is { Storage: TokenFile file, Credential: { IsApiKey: false } token }
            ? new TokenFileClient(file, token, client)
            : (IStoreClient)client;
        return Open(address, deployment, renewing, found.Storage, timeout);
    }

    private Session Open(
        StoreAddress address, string deployment, IStoreClient client, ITokenStorage? storage, TimeSpan timeout)
    {
        var contact = new ServerContact();
        return new Session(address, deployment, client, timeout, CreateClient)
        {
            TokenStorage = storage,
            Fence = environment.Variable(LeaseFence.Variable) is { Length: > 0 } fence ? LeaseFence.Parse(fence) : null,
        };

        RetryingClient CreateClient(TimeSpan length, bool leavesTimeToRetry) => new(
            client,
            new Deadline(environment.Time, length) { LeavesTimeToRetry = leavesTimeToRetry },
            contact,
            statusWriter,
            environment.Time);
    }

    private string Deployment(ParseResult parsed)
    {
        var deployment = Required(parsed, options.Deployment, "GOT_DEPLOYMENT");
        return deployment.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_')
            && deployment.Any(char.IsAsciiLetterOrDigit)
            ? deployment
            : throw CliException.Usage("--deployment (GOT_DEPLOYMENT) is not the id of a deployment");
    }

    private bool IsGiven(ParseResult parsed, Option<string?> option, string variable) =>
        parsed.GetValue(option) is not null || !string.IsNullOrWhiteSpace(environment.Variable(variable));

    private StoreAddress Address(ParseResult parsed) => StoreAddress.Parse(Required(parsed, options.Url, "GOT_URL"));

    private string Required(ParseResult parsed, Option<string?> option, string variable)
    {
        var given = parsed.GetValue(option);
        var text = given ?? environment.Variable(variable);
        if (!string.IsNullOrWhiteSpace(text))
            return text.Trim();
        throw CliException.Usage(given is null
            ? $"{option.Name} is missing: use it, or set {variable}. goterra-cli create prints all settings"
            : $"{option.Name} is empty: set it, or leave it out and set {variable}");
    }
}
