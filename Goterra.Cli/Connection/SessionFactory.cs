using System.CommandLine;
using Goterra.Cli.Arguments;
using Goterra.Cli.Output;
using Goterra.Cli.Tickets;

namespace Goterra.Cli.Connection;

/// <summary>Finds out, from options and environment, which server, deployment and credential a command means.</summary>
internal sealed class SessionFactory(ConnectionOptions options, CliEnvironment environment, Talk talk)
{
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(1);

    /// <summary>For commands that wait for what others do.</summary>
    public static readonly TimeSpan DefaultWait = TimeSpan.FromMinutes(30);

    private readonly CredentialFinder _finder = new(environment);

    /// <summary>For a command about a deployment.</summary>
    public Session ForDeployment(ParseResult parsed, TimeSpan timeout) => ForDeployment(parsed, timeout, byApiKey: false);

    /// <param name="parsed">The command line.</param>
    /// <param name="timeout">When to give up.</param>
    /// <param name="byApiKey">With the API key even where there is a token.</param>
    public Session ForDeployment(ParseResult parsed, TimeSpan timeout, bool byApiKey)
    {
        var given = parsed.GetValue(options.Token);
        if (!byApiKey && _finder.Ticket(given) is { } ticket)
            return ForTicket(parsed, ticket, timeout);
        var address = Address(parsed);
        return Open(address, Deployment(parsed), _finder.Find(given, byApiKey), timeout);
    }

    private Session ForTicket(ParseResult parsed, Ticket ticket, TimeSpan timeout)
    {
        if (IsGiven(parsed, options.Deployment, "GOT_DEPLOYMENT") && Deployment(parsed) != ticket.Deployment)
            throw CliException.Usage("the ticket is for another deployment than --deployment (GOT_DEPLOYMENT), which a ticket makes superfluous: leave it out");
        var state = StateFolder.Open(environment.Variable);
        var address = !IsGiven(parsed, options.Url, "GOT_URL") && state.Read(ticket)?.Url is { Length: > 0 } kept ? StoreAddress.Parse(kept) : Address(parsed);
        var client = new TicketClient(ticket, state, address, new StoreClient(Route.To(address, environment), credential: null, environment.Time), talk);
        return Open(address, ticket.Deployment, client, client, timeout);
    }

    /// <summary>For a look at what was given, without using any of it.</summary>
    public GivenAccess Inspect(ParseResult parsed)
    {
        return new GivenAccess(() => Route.To(Address(parsed), environment), Access);

        DeploymentAccess Access()
        {
            var given = parsed.GetValue(options.Token);
            if (_finder.Ticket(given) is { } ticket)
            {
                var kept = StateFolder.Open(environment.Variable).Read(ticket)?.Token;
                return new DeploymentAccess(ticket.Deployment, kept is null ? null : Credential.Token(kept, "what GOT_TICKET was traded for"));
            }

            var credential = _finder.Find(given, byApiKey: false).Credential;
            return new DeploymentAccess(Deployment(parsed), credential);
        }
    }

    /// <summary>For a command about none: only an API key counts there.</summary>
    public Session ForServer(ParseResult parsed, TimeSpan timeout) => Open(Address(parsed), deployment: "", new FoundCredential(_finder.ApiKey(), null), timeout);

    /// <summary>For a command about what belongs to a user.</summary>
    public Session ForUser(ParseResult parsed, TimeSpan timeout)
    {
        var address = Address(parsed);
        return Open(address, deployment: "", new FoundCredential(_finder.RequiredApiKey(), null), timeout);
    }

    /// <summary>The time that --timeout gives, or the command's own; `0` only where <paramref name="zero"/> has a meaning.</summary>
    public TimeSpan Timeout(ParseResult parsed, TimeSpan otherwise, bool zero = false)
    {
        if (parsed.GetValue(options.Timeout) is not { } text)
            return otherwise;
        if (!Duration.TryParse(text, out var timeout) || (timeout == TimeSpan.Zero && !zero))
            throw CliException.Usage("--timeout must be a number of minutes, or a time like 90s, 20m or 1h");
        return timeout;
    }

    private Session Open(StoreAddress address, string deployment, FoundCredential found, TimeSpan timeout)
    {
        var client = new StoreClient(Route.To(address, environment), found.Credential, environment.Time);
        var renewing = found is { Place: TokenFile file, Credential: { IsApiKey: false } token } ? new TokenFileClient(file, token, client) : null;
        return Open(address, deployment, renewing ?? (IStoreClient)client, found.Place, timeout);
    }

    private Session Open(StoreAddress address, string deployment, IStoreClient client, ITokenPlace? place, TimeSpan timeout) =>
        new(address, deployment, client, timeout, time => new PatientClient(client, new Deadline(environment.Time, time), talk, environment.Time))
        {
            TokenPlace = place,
            Fence = environment.Variable(Fence.Variable) is { Length: > 0 } fence ? Fence.Parse(fence) : null,
        };

    private string Deployment(ParseResult parsed)
    {
        var deployment = Required(parsed, options.Deployment, "GOT_DEPLOYMENT");
        return deployment.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_') && deployment.Any(char.IsAsciiLetterOrDigit)
            ? deployment
            : throw CliException.Usage("--deployment (GOT_DEPLOYMENT) is not the id of a deployment");
    }

    private bool IsGiven(ParseResult parsed, Option<string?> option, string variable) =>
        parsed.GetValue(option) is not null || !string.IsNullOrWhiteSpace(environment.Variable(variable));

    private StoreAddress Address(ParseResult parsed) => StoreAddress.Parse(Required(parsed, options.Url, "GOT_URL"));

    private string Required(ParseResult parsed, Option<string?> option, string variable)
    {
        var given = parsed.GetValue(option);
        if (given is null)
            return NotEmpty(environment.Variable(variable), $"{option.Name} is missing: give it, or set {variable}").Trim();
        return NotEmpty(given, $"{option.Name} is empty: give it a value, or leave it out and set {variable}").Trim();
    }

    private static string NotEmpty(string? text, string otherwise) =>
        string.IsNullOrWhiteSpace(text) ? throw CliException.Usage(otherwise) : text;
}
