using System.CommandLine;
using System.Globalization;
using System.Text;
using Goterra.Cli.Connection;
using Goterra.Cli.Output;

namespace Goterra.Cli.Commands;

/// <summary>`list`: the keys of the deployment, without their values unless --json asks for the server's whole answer.</summary>
internal sealed class ListCommand : Command
{
    private readonly SessionFactory _sessions;
    private readonly CliEnvironment _environment;

    private readonly Option<string?> _filter = new("--filter") { Description = "Only keys that begin with PREFIX", HelpName = "PREFIX" };
    private readonly Option<bool> _json = new("--json") { Description = "The server's answer as it is, values included" };
    private readonly Option<bool> _noValues = new("--no-values") { Description = "With --json: leave the values out" };

    public ListCommand(SessionFactory sessions, CliEnvironment environment)
        : base("list", "List keys, a line each: key, size in bytes, time of the last write, separated by tabs")
    {
        (_sessions, _environment) = (sessions, environment);
        Add(_filter);
        Add(_json);
        Add(_noValues);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        const string Doing = "list";
        var json = parsed.GetValue(_json);
        using var session = _sessions.ForDeployment(parsed, _sessions.Timeout(parsed, SessionFactory.DefaultTimeout));
        var query = Query(parsed.GetValue(_filter), values: json && !parsed.GetValue(_noValues));
        var request = new StoreRequest(HttpMethod.Get, session.Address.Deployment(session.Deployment, query));

        var (reply, _) = await session.Patient.SendAsync(Doing, request, cancellationToken);
        if (!reply.IsSuccess)
            throw session.Failure(Doing, reply);
        var listing = Listing.Read(reply.Body) ?? throw Verdict.NotOurs(Doing);

        var output = new ValueOutput(_environment.Output);
        if (json)
            output.WriteJson(reply.Body);
        else
            output.WriteText(Lines(listing));
        return (int)ExitCode.Done;
    }

    private static string Query(string? filter, bool values)
    {
        List<string> members = [];
        if (!values)
            members.Add("values=false");
        if (filter is not null)
            members.Add($"filter={Uri.EscapeDataString(filter)}");
        return string.Join('&', members);
    }

    private static string Lines(Listing listing)
    {
        var lines = new StringBuilder();
        foreach (var key in listing.AllKeys())
            lines.Append(CultureInfo.InvariantCulture, $"{Talk.Escape(key.Key ?? "")}\t{key.Size}\t{Talk.Escape(key.Updated ?? "")}\n");
        return lines.ToString();
    }
}
