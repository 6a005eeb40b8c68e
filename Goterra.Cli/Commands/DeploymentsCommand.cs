using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Goterra.Cli.Arguments;
using Goterra.Cli.Http;
using Goterra.Cli.Output;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;
using Goterra.Cli.Sessions;

namespace Goterra.Cli.Commands;

/// <summary>`deployments`: lists the deployments of a user or namespace.</summary>
internal sealed class DeploymentsCommand : ClientCommand
{
    private readonly Option<string?> _namespace = new("--ns")
    {
        Description = "List the deployments of a namespace that you own, instead of those that you created",
        HelpName = "NAMESPACE",
    };

    private readonly Option<bool> _all = new("--all")
    {
        Description = "As an admin, list the deployments of all users and namespaces",
    };

    private readonly Option<bool> _failed = new("--failed") { Description = "Only those that have failed" };

    private readonly Option<string?> _stuck = new("--stuck")
    {
        Description = "Only those in which a machine has been waiting for at least this long, such as 10m",
        HelpName = "TIME",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object" };

    public DeploymentsCommand(CommandContext context)
        : base(
            "deployments",
            "List deployments, one per line: id, state, number of keys, created, expires (or -), namespace, name, "
            + "separated by tabs; with --all, also owner, time left, number of waits, longest wait; needs GOT_APIKEY",
            context)
    {
        Add(_namespace);
        Add(_all);
        Add(_failed);
        Add(_stuck);
        Add(_json);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var all = parsed.GetValue(_all);
        if (all && parsed.GetValue(_namespace) is not null)
            throw CliException.Usage("--all cannot be combined with --ns");
        var path = parsed.GetValue(_namespace) is { } name
            ? $"namespaces/{ArgumentParser.Namespace(name)}?"
            : all ? "deployments?all=true&" : "deployments?";
        var stuck = ArgumentParser.Age(parsed, _stuck);
        using var session = Sessions.ForServer(parsed, requiresApiKey: true);
        var now = Environment.Time.GetUtcNow();
        var deployments = (await ReadAllAsync(session, path, cancellationToken))
            .Select(element => (Json: element, Listed: Parse(element)))
            .Where(one => !parsed.GetValue(_failed) || one.Listed.State == "failed")
            .Where(one => stuck is null || now - one.Listed.WaitingSince >= stuck)
            .ToList();

        // All or nothing: a script that deletes old deployments must not get half a list.
        if (parsed.GetValue(_json))
            Output.WriteJson(
                JsonSerializer.SerializeToUtf8Bytes(
                    new DeploymentsPage([.. deployments.Select(one => one.Json)], null),
                    ProtocolJson.Default.DeploymentsPage));
        else
            Output.WriteText(string.Concat(deployments.Select(one => Line(one.Listed, all, now))));
        return (int)ExitCode.Done;
    }

    private async Task<List<JsonElement>> ReadAllAsync(
        Session session, string path, CancellationToken cancellationToken)
    {
        var all = new List<JsonElement>();
        var after = "";
        while (true)
        {
            var request = StoreRequest.Get(session.Address.Common((path + after).TrimEnd('?', '&')));
            var page = await session.SendAsync(Name, request, ProtocolJson.Default.DeploymentsPage, cancellationToken);
            var deployments = page.Deployments ?? throw ExitCodes.NotGoterra(Name);
            all.AddRange(deployments);
            if (page.Next is not { Length: > 0 } next || deployments.Count == 0)
                return all;
            after = $"after={Uri.EscapeDataString(next)}";
        }
    }

    private ListedDeployment Parse(JsonElement element) => ProtocolJson.TryRead(
        Encoding.UTF8.GetBytes(element.GetRawText()), ProtocolJson.Default.ListedDeployment)
        ?? throw ExitCodes.NotGoterra(Name);

    private static string Line(ListedDeployment deployment, bool all, DateTimeOffset now)
    {
        string?[] operations = all
            ?
            [
                deployment.Owner,
                DateTimeOffset.TryParse(deployment.DeploymentExpires, CultureInfo.InvariantCulture, out var expires)
                    ? Humanizer.Duration(expires - now)
                    : null,
                deployment.Waiting?.ToString(CultureInfo.InvariantCulture),
                deployment.WaitingSince is { } since ? Humanizer.Duration(now - since) : null,
            ]
            : [];
        string?[] fields =
        [
            deployment.Id, deployment.State, deployment.Keys?.ToString(CultureInfo.InvariantCulture),
            deployment.Created, deployment.DeploymentExpires, deployment.Namespace, deployment.Name,
            .. operations,
        ];
        return string.Join(
            '\t', fields.Select(field => string.IsNullOrEmpty(field) ? "-" : StatusWriter.Escape(field))) + "\n";
    }
}
