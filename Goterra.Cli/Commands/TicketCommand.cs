using System.CommandLine;
using Goterra.Cli.Arguments;
using Goterra.Cli.Http;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Commands;

/// <summary>`ticket`: manages the single-use tickets of the deployment.</summary>
internal sealed class TicketCommand : Command
{
    public TicketCommand(CommandContext context)
        : base("ticket", "Single-use tickets, for user-data instead of a token (GOT_TICKET)") =>
            Add(new CreateSubcommand(context));

    private sealed class CreateSubcommand : ClientCommand
    {
        private readonly Option<string?> _name = new("--name")
        {
            Description = "A descriptive name, such as that of the machine; shown by status",
            HelpName = "NAME",
        };

        private readonly Option<string?> _ttl = new("--ttl")
        {
            Description = "How long the ticket can be redeemed, with a unit: 1h, 2d",
            HelpName = "TIME",
        };

        private readonly ScopeOptions _scope = new();
        private readonly Option<bool> _full = new("--full") { Description = "Allow full access, like the first token" };

        public CreateSubcommand(CommandContext context)
            : base(
                "create",
                "Print a ticket, which the first machine that uses it (GOT_TICKET) exchanges for a token; "
                + "needs --read, --write or --full",
                context)
        {
            Add(_name);
            Add(_ttl);
            _scope.AddTo(this);
            Add(_full);
        }

        protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
        {
            const string Operation = "ticket create";
            var body = new TicketBody(parsed.GetValue(_name), ArgumentParser.Lifetime(parsed, _ttl))
            {
                Read = _scope.Read(parsed),
                Write = _scope.Write(parsed),
                Full = parsed.GetValue(_full) ? true : null,
                Fail = _scope.Fail(parsed),
            };
            if ((body.Full is null) == (body is { Read: null, Write: null }))
                throw CliException.Usage("ticket create needs either --read KEY and --write KEY, or --full");

            using var session = Sessions.ForDeployment(parsed);
            var request = StoreRequest.Post(session.ActionUrl("tickets"), body, ProtocolJson.Default.TicketBody);
            var response = await session.SendAsync(Operation, request, cancellationToken);
            var issued = ProtocolJson.TryRead(response.Body, ProtocolJson.Default.CreatedTicket);
            if (issued is null || !HeaderText.IsWord(issued.Ticket))
                throw ExitCodes.NotGoterra(Operation);
            var now = response.Date ?? Environment.Time.GetUtcNow();
            LifetimeNotice.Write(StatusWriter, Operation, body.Ttl, issued.Expires, now);
            Output.WriteText(issued.Ticket + "\n");
            return (int)ExitCode.Done;
        }
    }
}
