using System.CommandLine;
using System.Text.Json;
using Goterra.Cli.Arguments;
using Goterra.Cli.Connection;
using Goterra.Cli.Output;

namespace Goterra.Cli.Commands;

/// <summary>`create`: a new deployment. Prints url=, id= and token= lines, as the original did.</summary>
internal sealed class CreateCommand : Command
{
    private readonly SessionFactory _sessions;
    private readonly CliEnvironment _environment;

    private readonly Option<string?> _ttl = new("--ttl") { Description = "When the deployment ends by itself, with a unit: 48h, 7d", HelpName = "TIME" };
    private readonly Option<string?> _name = new("--name") { Description = "A name for people", HelpName = "NAME" };
    private readonly Option<string?> _namespace = new("--ns") { Description = "The namespace that it belongs to", HelpName = "NAMESPACE" };

    public CreateCommand(SessionFactory sessions, CliEnvironment environment)
        : base("create", "Create a deployment and print url=, id= and token= lines; needs --url, and GOT_APIKEY where the server asks for it")
    {
        (_sessions, _environment) = (sessions, environment);
        Add(_ttl);
        Add(_name);
        Add(_namespace);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        const string Doing = "create";
        var body = new DeploymentRequest(TtlOf(parsed), parsed.GetValue(_name));
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
        var created = Read(reply.Body);
        if (created is not { Id.Length: > 0, Token.Length: > 0 })
            throw Verdict.NotOurs(Doing);

        var url = string.IsNullOrEmpty(created.Url) ? session.Address.Text : created.Url;
        // Scripts read these lines one by one, so none of them may become two.
        if ((url + created.Id + created.Token).Any(char.IsControl))
            throw new CliException(ExitCode.Error, $"{Doing}: the answer contains control characters");
        new ValueOutput(_environment.Output).WriteText(
            $"url={url}\nid={created.Id}\ntoken={created.Token}\n");
        return (int)ExitCode.Done;
    }

    private string? TtlOf(ParseResult parsed)
    {
        var ttl = parsed.GetValue(_ttl);
        if (ttl is not null && (!Duration.HasUnit(ttl) || !Duration.TryParse(ttl, out var time) || time == TimeSpan.Zero))
            throw CliException.Usage("--ttl must be a time with a unit, like 90m, 48h or 7d");
        return ttl;
    }

    private (string, string)[] NamespaceOf(ParseResult parsed)
    {
        if (parsed.GetValue(_namespace) is not { } name)
            return [];
        if (name.Length == 0 || !name.All(character => character is > ' ' and < (char)127))
            throw CliException.Usage("--ns is empty, or contains blanks or characters beyond ASCII");
        return [("X-API-NS", name)];
    }

    private static CreatedDeployment? Read(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, WireJson.Default.CreatedDeployment);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
