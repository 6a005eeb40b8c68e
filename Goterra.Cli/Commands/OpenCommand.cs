using System.CommandLine;
using Goterra.Cli.Http;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;
using Goterra.Cli.Sessions;

namespace Goterra.Cli.Commands;

/// <summary>`open`: prints a link to the live page of the deployment.</summary>
internal sealed class OpenCommand(CommandContext context) : ClientCommand(
    "open",
    "Print a link to the live page of the deployment, which shows keys, waits and events, but no values. It works "
    + "once, within 5 minutes, and shows the page for an hour",
    context)
{
    private const string TicketName = "live page";
    private const string TicketLifetime = "5m";

    /// <summary>The token of the ticket ends with the token that has created it.</summary>
    private const string PageLifetime = "1h";

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var session = Sessions.ForDeployment(parsed);
        var token = await TokenAsync(session, cancellationToken);
        var request = StoreRequest.Post(
            session.ActionUrl("tickets"),
            new TicketBody(TicketName, TicketLifetime) { Observe = true },
            ProtocolJson.Default.TicketBody) with
        {
            Credential = Credential.Token(token, "the token for the ticket"),
        };
        var response = await session.SendAsync(Name, request, cancellationToken);
        var issued = ProtocolJson.TryRead(response.Body, ProtocolJson.Default.CreatedTicket);
        if (issued?.Ticket is not { } ticket || !HeaderText.IsWord(ticket))
            throw ExitCodes.NotGoterra(Name);

        // In the fragment, which browsers do not send to servers.
        Output.WriteText(
            $"{session.Address.Text}/store/-/ui/#id={session.Deployment}&ticket={Uri.EscapeDataString(ticket)}\n");
        if (Environment.OutputIsTerminal)
            StatusWriter.WriteLine(
                $"{Name}: the link works once, within 5 minutes; the page then works for 1 hour, without values");
        return (int)ExitCode.Done;
    }

    private async Task<string> TokenAsync(Session session, CancellationToken cancellationToken)
    {
        var body = new TokenBody(PageLifetime, Read: null, Write: null, Fail: null, Observe: null);
        var request = StoreRequest.Post(session.ActionUrl("token"), body, ProtocolJson.Default.TokenBody);
        var response = await session.SendAsync(Name, request, cancellationToken);
        return CreatedToken.TryRead(response.Body)?.Token ?? throw ExitCodes.NotGoterra(Name);
    }
}
