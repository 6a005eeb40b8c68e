using System.CommandLine;
using System.Globalization;
using System.Text;
using Goterra.Cli.Http;
using Goterra.Cli.Output;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Commands;

/// <summary>`list`: lists the keys of the deployment.</summary>
internal sealed class ListCommand : ClientCommand
{
    private readonly Option<string?> _filter = new("--filter")
    {
        Description = "Only keys that start with PREFIX",
        HelpName = "PREFIX",
    };
    private readonly Option<bool> _json = new("--json")
    {
        Description = "Print the server's response, including the values",
    };
    private readonly Option<bool> _noValues = new("--no-values") { Description = "With --json: without the values" };

    public ListCommand(CommandContext context)
        : base(
            "list", "List keys, one per line: key, size in bytes, time of the last write, separated by tabs", context)
    {
        Add(_filter);
        Add(_json);
        Add(_noValues);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var json = parsed.GetValue(_json);
        using var session = Sessions.ForDeployment(parsed);
        List<string> query = [];
        if (!json || parsed.GetValue(_noValues))
            query.Add("values=false");
        if (parsed.GetValue(_filter) is { } filter)
            query.Add($"filter={Uri.EscapeDataString(filter)}");

        var response = await session.SendAsync(
            Name, StoreRequest.Get(session.DeploymentUrl(string.Join('&', query))), cancellationToken);
        var listing = DeploymentOverview.TryRead(response.Body) ?? throw ExitCodes.NotGoterra(Name);
        if (json)
            Output.WriteJson(response.Body);
        else
            Output.WriteText(Lines(listing));
        return (int)ExitCode.Done;
    }

    private static string Lines(DeploymentOverview listing)
    {
        var lines = new StringBuilder();
        foreach (var key in listing.AllKeys())
        {
            var (name, updated) = (StatusWriter.Escape(key.Key ?? ""), StatusWriter.Escape(key.Updated ?? ""));
            lines.Append(CultureInfo.InvariantCulture, $"{name}\t{key.Size}\t{updated}\n");
        }

        return lines.ToString();
    }
}
