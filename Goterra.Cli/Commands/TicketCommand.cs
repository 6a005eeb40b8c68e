using System.CommandLine;

namespace Goterra.Cli.Commands;

/// <summary>`ticket`: what opens the deployment for one machine.</summary>
internal sealed class TicketCommand : Command
{
    public TicketCommand(TicketCreateCommand create)
        : base("ticket", "Single-use tickets: what user-data may carry in place of a token (GOT_TICKET)")
    {
        Add(create);
    }
}
