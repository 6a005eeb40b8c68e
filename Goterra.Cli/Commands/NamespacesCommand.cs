using System.CommandLine;
using Goterra.Cli.Connection;
using Goterra.Cli.Output;

namespace Goterra.Cli.Commands;

/// <summary>`namespaces`: those of the API key's user.</summary>
internal sealed class NamespacesCommand : Command
{
    private readonly SessionFactory _sessions;
    private readonly CliEnvironment _environment;

    private readonly Option<bool> _json = new("--json") { Description = "The server's answer as it is" };

    public NamespacesCommand(SessionFactory sessions, CliEnvironment environment)
        : base("namespaces", "List your namespaces, a line each: name and role (owner or member), separated by a tab; needs GOT_APIKEY")
    {
        (_sessions, _environment) = (sessions, environment);
        Add(_json);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        const string Doing = "namespaces";
        using var session = _sessions.ForUser(parsed, _sessions.Timeout(parsed, SessionFactory.DefaultTimeout));

        var (reply, _) = await session.Patient.SendAsync(Doing, new StoreRequest(HttpMethod.Get, session.Address.Common(Doing)), cancellationToken);
        if (!reply.IsSuccess)
            throw session.Failure(Doing, reply);
        if (WireAnswer.Read(reply.Body, WireJson.Default.NamespaceList)?.Namespaces is not { } namespaces)
            throw Verdict.NotOurs(Doing);

        var output = new ValueOutput(_environment.Output);
        if (parsed.GetValue(_json))
            output.WriteJson(reply.Body);
        else
            output.WriteText(string.Concat(namespaces.OfType<ListedNamespace>().Select(entry => $"{Talk.Escape(entry.Name ?? "")}\t{Talk.Escape(entry.Role ?? "")}\n")));
        return (int)ExitCode.Done;
    }
}
