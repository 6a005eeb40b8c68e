using System.CommandLine;
using System.Text.Json;
using Goterra.Cli.Arguments;
using Goterra.Cli.Connection;
using Goterra.Cli.Output;

namespace Goterra.Cli.Commands;

/// <summary>`ticket create`: a ticket that the first machine which uses it trades for a token.</summary>
internal sealed class TicketCreateCommand : Command
{
    private readonly SessionFactory _sessions;
    private readonly CliEnvironment _environment;

    private readonly Option<string?> _name = new("--name") { Description = "For people: the machine that it is for; status shows it", HelpName = "NAME" };
    private readonly Option<string?> _ttl = new("--ttl") { Description = "Until when it must be used, with a unit: 1h, 2d", HelpName = "TIME" };
    private readonly ScopeOptions _scope = new();
    private readonly Option<bool> _full = new("--full") { Description = "Opens all of the deployment, as its first token does" };

    public TicketCreateCommand(SessionFactory sessions, CliEnvironment environment)
        : base("create", "Print a ticket: the first machine that uses it (GOT_TICKET) gets a token, any other nothing; needs --read, --write or --full")
    {
        (_sessions, _environment) = (sessions, environment);
        Add(_name);
        Add(_ttl);
        _scope.AddTo(this);
        Add(_full);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        const string Doing = "ticket create";
        var body = new TicketRequest(
            parsed.GetValue(_name), Lifetime.Of(parsed, _ttl), _scope.Read(parsed), _scope.Write(parsed), parsed.GetValue(_full) ? true : null, _scope.Fail(parsed));
        if ((body.Full is null) == (body is { Read: null, Write: null }))
            throw CliException.Usage("say what the ticket opens: --read KEY and --write KEY, or --full");

        using var session = _sessions.ForDeployment(parsed, _sessions.Timeout(parsed, SessionFactory.DefaultTimeout));
        var request = new StoreRequest(HttpMethod.Post, session.Address.Action(session.Deployment, "tickets"))
        {
            Body = JsonSerializer.SerializeToUtf8Bytes(body, WireJson.Default.TicketRequest),
            BodyType = "application/json",
        };

        var (reply, _) = await session.Patient.SendAsync(Doing, request, cancellationToken);
        if (!reply.IsSuccess)
            throw session.Failure(Doing, reply);
        if (WireAnswer.Read(reply.Body, WireJson.Default.IssuedTicket) is not { } issued || !WireAnswer.IsSecret(issued.Ticket))
            throw Verdict.NotOurs(Doing);
        new ValueOutput(_environment.Output).WriteText(issued.Ticket + "\n");
        return (int)ExitCode.Done;
    }
}
