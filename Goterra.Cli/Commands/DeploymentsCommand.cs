using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Goterra.Cli.Arguments;
using Goterra.Cli.Connection;
using Goterra.Cli.Output;

namespace Goterra.Cli.Commands;

/// <summary>`deployments`: those of the API key's user, or of a namespace.</summary>
internal sealed class DeploymentsCommand : Command
{
    private readonly SessionFactory _sessions;
    private readonly CliEnvironment _environment;

    private readonly Option<string?> _namespace = new("--ns") { Description = "Those of a namespace, for its owners; without it, those that you made", HelpName = "NAMESPACE" };
    private readonly Option<bool> _json = new("--json") { Description = "One JSON object with all of them" };

    public DeploymentsCommand(SessionFactory sessions, CliEnvironment environment)
        : base("deployments", "List deployments, a line each: id, state, number of keys, created, end (or -), namespace, name, separated by tabs; needs GOT_APIKEY")
    {
        (_sessions, _environment) = (sessions, environment);
        Add(_namespace);
        Add(_json);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var path = parsed.GetValue(_namespace) is { } name ? $"namespaces/{NamespaceName.Parse(name)}" : "deployments";
        using var session = _sessions.ForUser(parsed, _sessions.Timeout(parsed, SessionFactory.DefaultTimeout));
        var deployments = await ReadAllAsync(session, path, cancellationToken);

        // All of it or nothing: half a list, read by a script that deletes what is old, is worse than none.
        var output = new ValueOutput(_environment.Output);
        if (parsed.GetValue(_json))
            output.WriteJson(JsonSerializer.SerializeToUtf8Bytes(new DeploymentsPage(deployments, null), WireJson.Default.DeploymentsPage));
        else
            output.WriteText(string.Concat(deployments.Select(Line)));
        return (int)ExitCode.Done;
    }

    private static async Task<List<JsonElement>> ReadAllAsync(Session session, string path, CancellationToken cancellationToken)
    {
        const string Doing = "deployments";
        var all = new List<JsonElement>();
        string? after = null;
        while (true)
        {
            var query = after is null ? "" : $"?after={Uri.EscapeDataString(after)}";
            var (reply, _) = await session.Patient.SendAsync(Doing, new StoreRequest(HttpMethod.Get, session.Address.Common(path + query)), cancellationToken);
            if (!reply.IsSuccess)
                throw session.Failure(Doing, reply);
            if (WireAnswer.Read(reply.Body, WireJson.Default.DeploymentsPage) is not { Deployments: { } page } answer)
                throw Verdict.NotOurs(Doing);

            all.AddRange(page);
            if (answer.Next is not { Length: > 0 } next || page.Count == 0)
                return all;
            after = next;
        }
    }

    private static string Line(JsonElement element)
    {
        var deployment = WireAnswer.Read(Encoding.UTF8.GetBytes(element.GetRawText()), WireJson.Default.ListedDeployment) ?? throw Verdict.NotOurs("deployments");
        string?[] fields =
        [
            deployment.Id, deployment.State, deployment.Keys?.ToString(CultureInfo.InvariantCulture), deployment.Created, deployment.DeploymentExpires,
            deployment.Namespace, deployment.Name,
        ];
        return string.Join('\t', fields.Select(field => string.IsNullOrEmpty(field) ? "-" : Talk.Escape(field))) + "\n";
    }
}
