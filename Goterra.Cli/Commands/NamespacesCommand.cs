using System.CommandLine;
using Goterra.Cli.Http;
using Goterra.Cli.Output;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Commands;

/// <summary>`namespaces`: lists the namespaces of the user.</summary>
internal sealed class NamespacesCommand : ClientCommand
{
    private readonly Option<bool> _json = new("--json") { Description = "Print the server's response" };

    public NamespacesCommand(CommandContext context)
        : base(
            "namespaces",
            "List your namespaces, one per line: name and role (owner or member), separated by a tab; needs GOT_APIKEY",
            context) =>
        Add(_json);

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var session = Sessions.ForServer(parsed, requiresApiKey: true);
        var response = await session.SendAsync(Name, StoreRequest.Get(session.Address.Common(Name)), cancellationToken);
        var list = ProtocolJson.TryRead(response.Body, ProtocolJson.Default.NamespaceList);
        var namespaces = list?.Namespaces ?? throw ExitCodes.NotGoterra(Name);

        if (parsed.GetValue(_json))
            Output.WriteJson(response.Body);
        else
            Output.WriteText(string.Concat(namespaces.OfType<NamespaceEntry>().Select(Line)));
        return (int)ExitCode.Done;
    }

    private static string Line(NamespaceEntry entry) =>
        $"{StatusWriter.Escape(entry.Name ?? "")}\t{StatusWriter.Escape(entry.Role ?? "")}\n";
}
