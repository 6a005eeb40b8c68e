using System.CommandLine;
using System.Text.Json;
using Goterra.Cli.Arguments;
using Goterra.Cli.Connection;
using Goterra.Cli.Output;

namespace Goterra.Cli.Commands;

/// <summary>`create`: a new deployment. Prints url=, id= and token= lines, as the original did, unless another form is asked for.</summary>
internal sealed class CreateCommand : Command
{
    private readonly SessionFactory _sessions;
    private readonly CliEnvironment _environment;
    private readonly Talk _talk;

    private readonly Option<string?> _ttl = new("--ttl") { Description = "When the deployment ends by itself, with a unit: 48h, 7d", HelpName = "TIME" };
    private readonly Option<string?> _name = new("--name") { Description = "A name for people", HelpName = "NAME" };
    private readonly Option<string?> _namespace = new("--ns") { Description = "The namespace that it belongs to", HelpName = "NAMESPACE" };

    private readonly Option<string?> _output = new("--output") { Description = "env: lines for a shell's eval, which set GOT_URL, GOT_DEPLOYMENT and GOT_TOKEN; json: one object", HelpName = "FORM" };

    public CreateCommand(SessionFactory sessions, CliEnvironment environment, Talk talk)
        : base("create", "Create a deployment and print url=, id= and token= lines; needs --url, and GOT_APIKEY where the server asks for it")
    {
        (_sessions, _environment, _talk) = (sessions, environment, talk);
        Add(_ttl);
        Add(_name);
        Add(_namespace);
        Add(_output);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        const string Doing = "create";
        var body = new DeploymentRequest(Lifetime.Of(parsed, _ttl), parsed.GetValue(_name));
        var format = FormatOf(parsed);
        using var session = _sessions.ForServer(parsed, _sessions.Timeout(parsed, SessionFactory.DefaultTimeout));
        var request = new StoreRequest(HttpMethod.Post, session.Address.Store())
        {
            Body = JsonSerializer.SerializeToUtf8Bytes(body, WireJson.Default.DeploymentRequest),
            BodyType = "application/json",
            Headers = NamespaceOf(parsed),
            IsRepeatable = false, // it would leave a second deployment behind
        };

        var (reply, _) = await session.Patient.SendAsync(Doing, request, cancellationToken);
        if (!reply.IsSuccess)
            throw session.Failure(Doing, reply);
        if (IssuedToken.Read(reply.Body) is not { Id.Length: > 0 } created)
            throw Verdict.NotOurs(Doing);

        created = created with { Url = string.IsNullOrEmpty(created.Url) ? session.Address.Text : created.Url };
        // Scripts read these lines one by one, so none of them may become two.
        if ((created.Url + created.Id).Any(char.IsControl))
            throw new CliException(ExitCode.Error, $"{Doing}: the answer contains control characters");
        WarnOf(created.Url, session.Address.Store());
        new ValueOutput(_environment.Output).WriteText(format(created));
        return (int)ExitCode.Done;
    }

    /// <summary>Of an address that its own configuration gives a server, and that can't be right for whoever came by another.</summary>
    private void WarnOf(string url, Uri used)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var told))
            return;
        var wrong = told.IsLoopback && !used.IsLoopback ? "which leads every other machine to itself"
            : told.Scheme == Uri.UriSchemeHttp && used.Scheme == Uri.UriSchemeHttps ? "where the token goes in the clear"
            : null;
        if (wrong is not null)
            _talk.Say($"create: the server calls itself {url}, {wrong}; you came by {used.GetLeftPart(UriPartial.Authority)}. Its setting `url` (GOT_URL where it runs) is to be the address that machines use");
    }

    private Func<IssuedToken, string> FormatOf(ParseResult parsed) => parsed.GetValue(_output) switch
    {
        null => created => $"url={created.Url}\nid={created.Id}\ntoken={created.Token}\n",
        "env" => created => $"export GOT_URL={ShellWord.Of(created.Url)}\nexport GOT_DEPLOYMENT={ShellWord.Of(created.Id)}\nexport GOT_TOKEN={ShellWord.Of(created.Token)}\n",
        "json" => created => JsonSerializer.Serialize(created, WireJson.Default.IssuedToken) + "\n",
        _ => throw CliException.Usage("--output is env or json"),
    };

    private (string, string)[] NamespaceOf(ParseResult parsed)
    {
        if (parsed.GetValue(_namespace) is not { } name)
            return [];
        if (name.Length == 0 || !name.All(character => character is > ' ' and < (char)127))
            throw CliException.Usage("--ns is empty, or contains blanks or characters beyond ASCII");
        return [("X-API-NS", name)];
    }
}
