using System.CommandLine;
using System.Globalization;
using System.Net;
using Goterra.Cli.Arguments;
using Goterra.Cli.Http;
using Goterra.Cli.Output;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Commands;

/// <summary>`ticket`: manages the single-use tickets of the deployment.</summary>
internal sealed class TicketCommand : Command
{
    public TicketCommand(CommandContext context)
        : base("ticket", "Single-use tickets, for user-data instead of a token (GOT_TICKET)")
    {
        Add(new CreateSubcommand(context));
        Add(new ListSubcommand(context));
        Add(new RevokeSubcommand(context));
    }

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
                + "needs --read, --write, --observe or --full",
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
                Observe = _scope.Observe(parsed),
                Fail = _scope.Fail(parsed),
            };
            var isWhole = body.Full ?? body.Observe;
            if ((isWhole is null) == (body is { Read: null, Write: null }) || body is { Full: true, Observe: true })
                throw CliException.Usage("ticket create needs either --read KEY and --write KEY, --observe, or --full");

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

    private sealed class ListSubcommand : ClientCommand
    {
        private readonly Option<bool> _json = new("--json") { Description = "Print the server's response" };

        public ListSubcommand(CommandContext context)
            : base(
                "list",
                "List the tickets, one per line: id, name, expires, redeemed (or -), by which client (or -), number "
                + "of addresses from which other machines tried it, separated by tabs",
                context) => Add(_json);

        protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
        {
            const string Operation = "ticket list";
            using var session = Sessions.ForDeployment(parsed);
            var request = StoreRequest.Get(session.Address.Common($"tickets/{session.Deployment}"));
            var response = await session.SendAsync(Operation, request, cancellationToken);
            var list = ProtocolJson.TryRead(response.Body, ProtocolJson.Default.TicketList);
            var tickets = list?.Tickets ?? throw ExitCodes.NotGoterra(Operation);
            if (parsed.GetValue(_json))
                Output.WriteJson(response.Body);
            else
                Output.WriteText(string.Concat(tickets.OfType<TicketEntry>().Select(Line)));
            return (int)ExitCode.Done;
        }

        private static string Line(TicketEntry ticket)
        {
            string?[] fields =
            [
                ticket.Id, ticket.Name, Text(ticket.Expires), Text(ticket.Redeemed), ticket.Client,
                ticket.Misuses.ToString(CultureInfo.InvariantCulture),
            ];
            return string.Join(
                '\t', fields.Select(field => string.IsNullOrEmpty(field) ? "-" : StatusWriter.Escape(field))) + "\n";
        }

        private static string? Text(DateTimeOffset? time) =>
            time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
    }

    private sealed class RevokeSubcommand : ClientCommand
    {
        private readonly Argument<string> _id = new("ID") { Description = "The id of the ticket, from ticket list" };

        public RevokeSubcommand(CommandContext context)
            : base(
                "revoke",
                "Revoke one ticket, with all tokens that derive from it; revoke (without ticket) revokes everything",
                context) => Add(_id);

        protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
        {
            var id = parsed.GetRequiredValue(_id);
            if (id.Length == 0 || !id.All(char.IsAsciiLetterOrDigit))
                throw CliException.Usage("the ID is not that of a ticket; goterra-cli ticket list shows them");
            using var session = Sessions.ForDeployment(parsed);
            var address = session.Address.Common($"tickets/{session.Deployment}/{id}");
            var request = new StoreRequest(HttpMethod.Delete, address) { Content = ResponseContent.Revoked };
            var (response, repeated) = await session.Client.SendAsync(
                "ticket revoke", request, cancellationToken);

            // The first attempt was carried out, and its response was lost.
            if (response.IsSuccess || (repeated && response.Status == HttpStatusCode.NotFound))
                return (int)ExitCode.Done;
            var failure = session.Failure("ticket revoke", response);
            throw response.Status == HttpStatusCode.NotFound && !response.IsForeign
                ? new CliException(ExitCode.TimedOut, failure.Message)
                : failure;
        }
    }
}
