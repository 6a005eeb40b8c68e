using System.CommandLine;
using System.Text.Json;
using Goterra.Cli.Arguments;
using Goterra.Cli.Http;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Commands;

/// <summary>
/// `create`: creates a deployment. By default prints url=, id= and token= lines like the original client.
/// </summary>
internal sealed class CreateCommand : ClientCommand
{
    private readonly Option<string?> _ttl = new("--ttl")
    {
        Description = "Lifetime of the deployment, with a unit: 48h, 7d",
        HelpName = "TIME",
    };

    private readonly Option<string?> _name = new("--name") { Description = "A descriptive name", HelpName = "NAME" };

    private readonly Option<string?> _namespace = new("--ns")
    {
        Description = "The namespace of the deployment",
        HelpName = "NAMESPACE",
    };

    private readonly Option<string?> _idempotencyKey = new("--idempotency-key")
    {
        Description = "Repeated with the same key within a day, create returns the same deployment. Without an API "
            + "key, it is a credential: prefer GOT_IDEMPOTENCY_KEY; 32 random characters or more (default: a new one)",
        HelpName = "KEY",
    };

    private readonly Option<string?> _output = new("--output")
    {
        Description = "env: shell commands that set GOT_URL, GOT_DEPLOYMENT and GOT_TOKEN, for eval; json: one object",
        HelpName = "FORM",
    };

    public CreateCommand(CommandContext context)
        : base(
            "create",
            "Create a deployment and print url=, id= and token= lines; needs --url, "
            + "and GOT_APIKEY if the server requires it",
            context)
    {
        Add(_ttl);
        Add(_name);
        Add(_namespace);
        Add(_idempotencyKey);
        Add(_output);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        const string Operation = "create";
        var body = new CreateBody(ArgumentParser.Lifetime(parsed, _ttl), parsed.GetValue(_name));
        var format = Formatter(parsed);
        using var session = Sessions.ForServer(parsed, requiresApiKey: false);
        var request = StoreRequest.Post(session.Address.Store(), body, ProtocolJson.Default.CreateBody) with
        {
            Headers = [.. NamespaceHeader(parsed), ("Idempotency-Key", IdempotencyKey(parsed))],
        };

        var response = await session.SendAsync(Operation, request, cancellationToken);
        if (CreatedToken.TryRead(response.Body) is not { Id.Length: > 0 } created)
            throw ExitCodes.NotGoterra(Operation);
        var url = string.IsNullOrEmpty(created.Url) ? session.Address.Text : created.Url;
        // Scripts read the output line by line.
        if ((url + created.Id).Any(char.IsControl))
            throw new CliException(ExitCode.Error, $"{Operation}: the response contains control characters");
        var now = response.Date ?? Environment.Time.GetUtcNow();
        LifetimeNotice.Write(StatusWriter, Operation, body.Ttl, created.DeploymentExpires, now);
        WarnAboutUrl(url, session.Address.Store());
        Output.WriteText(format(created with { Url = url }));
        if (Environment.ErrorIsTerminal)
            StatusWriter.WriteLine("create: `goterra-cli open` prints a link to the live page of the deployment");
        return (int)ExitCode.Done;
    }

    /// <summary>Warns about a public URL of the server that cannot work for the machines of the deployment.</summary>
    private void WarnAboutUrl(string publicUrl, Uri used)
    {
        if (!Uri.TryCreate(publicUrl, UriKind.Absolute, out var parsed))
            return;
        var problem = parsed.IsLoopback && !used.IsLoopback ? "which other machines cannot reach"
            : parsed.Scheme == Uri.UriSchemeHttp && used.Scheme == Uri.UriSchemeHttps
                ? "which sends the token unencrypted"
            : null;
        if (problem is not null)
        {
            StatusWriter.WriteLine(
                $"create: the public URL of the server is {publicUrl}, {problem}; "
                + $"you used {used.GetLeftPart(UriPartial.Authority)}. "
                + "Set `url` (GOT_URL) in the configuration of the server to the URL that machines use");
        }
    }

    private Func<CreatedToken, string> Formatter(ParseResult parsed) => parsed.GetValue(_output) switch
    {
        null => created => $"url={created.Url}\nid={created.Id}\ntoken={created.Token}\n",
        "env" => created =>
            $"export GOT_URL={Quote(created.Url)}\n"
            + $"export GOT_DEPLOYMENT={Quote(created.Id)}\n"
            + $"export GOT_TOKEN={Quote(created.Token)}\n",
        "json" => created => JsonSerializer.Serialize(created, ProtocolJson.Default.CreatedToken) + "\n",
        _ => throw CliException.Usage("--output must be env or json"),
    };

    // Within single quotes, only the closing quote is special (POSIX.1-2024, Shell Command Language, 2.2.2).
    private static string Quote(string? text) => $"'{text?.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    private string IdempotencyKey(ParseResult parsed)
    {
        var given = parsed.GetValue(_idempotencyKey);
        if ((given ?? Environment.Variable("GOT_IDEMPOTENCY_KEY")) is not { } key || (given is null && key.Length == 0))
            return RandomId.New() + RandomId.New();
        return HeaderText.IsWord(key)
            ? key
            : throw CliException.Usage(
                "--idempotency-key (GOT_IDEMPOTENCY_KEY) is empty, or contains spaces or non-ASCII characters");
    }

    private (string, string)[] NamespaceHeader(ParseResult parsed)
    {
        if (parsed.GetValue(_namespace) is not { } name)
            return [];
        return HeaderText.IsWord(name)
            ? [("X-API-NS", name)]
            : throw CliException.Usage("--ns is empty, or contains spaces or non-ASCII characters");
    }
}
