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

    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object" };

    public DeploymentsCommand(CommandContext context)
        : base(
            "deployments",
            "List deployments, one per line: id, state, number of keys, created, expires (or -), namespace, name, "
            + "separated by tabs; needs GOT_APIKEY",
            context)
    {
        Add(_namespace);
        Add(_json);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var path = parsed.GetValue(_namespace) is { } name
            ? $"namespaces/{ArgumentParser.Namespace(name)}"
            : "deployments";
        using var session = Sessions.ForServer(parsed, requiresApiKey: true);
        var deployments = await ReadAllAsync(session, path, cancellationToken);

        // All or nothing: a script that deletes old deployments must not get half a list.
        if (parsed.GetValue(_json))
            Output.WriteJson(
                JsonSerializer.SerializeToUtf8Bytes(
                    new DeploymentsPage(deployments, null), ProtocolJson.Default.DeploymentsPage));
        else
            Output.WriteText(string.Concat(deployments.Select(Line)));
        return (int)ExitCode.Done;
    }

    private async Task<List<JsonElement>> ReadAllAsync(
        Session session, string path, CancellationToken cancellationToken)
    {
        var all = new List<JsonElement>();
        var query = "";
        while (true)
        {
            var request = StoreRequest.Get(session.Address.Common(path + query));
            var page = await session.SendAsync(Name, request, ProtocolJson.Default.DeploymentsPage, cancellationToken);
            var deployments = page.Deployments ?? throw ExitCodes.NotGoterra(Name);
            all.AddRange(deployments);
            if (page.Next is not { Length: > 0 } next || deployments.Count == 0)
                return all;
            query = $"?after={Uri.EscapeDataString(next)}";
        }
    }

    private string Line(JsonElement element)
    {
        var deployment = ProtocolJson.TryRead(
            Encoding.UTF8.GetBytes(element.GetRawText()), ProtocolJson.Default.ListedDeployment)
            ?? throw ExitCodes.NotGoterra(Name);
        string?[] fields =
        [
            deployment.Id, deployment.State, deployment.Keys?.ToString(CultureInfo.InvariantCulture),
            deployment.Created, deployment.DeploymentExpires, deployment.Namespace, deployment.Name,
        ];
        return string.Join(
            '\t', fields.Select(field => string.IsNullOrEmpty(field) ? "-" : StatusWriter.Escape(field))) + "\n";
    }
}
