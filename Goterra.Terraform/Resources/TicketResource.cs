using System.Net;
using Goterra.Cli.Http;
using Goterra.Cli.Protocol;
using Goterra.Terraform.Schemas;
using Goterra.Terraform.Values;

namespace Goterra.Terraform.Resources;

/// <summary>`goterra_ticket`.</summary>
internal sealed class TicketResource() : ManagedResource(new(
    "goterra_ticket",
    """
    A single-use ticket for the user-data of one machine. The first machine that uses it gets a token with its scope;
    after that, no other machine can use it: the ticket in the state is no longer a secret.

    The ticket is never replaced because it has been used or has expired: that would replace the machine, too. To issue
    another one, change `keepers`. A change of `name` or `ttl` applies to the next one. Destroying the ticket revokes
    it, with the tokens that its machine has got.
    """,
    [
        SharedAttributes.Deployment,
        SharedAttributes.Token,
        AttributeSchema.Optional(
            "name", AttributeType.Text, "The name of the machine, as `goterra-cli status` shows it."),
        AttributeSchema.Optional(
            "ttl", AttributeType.Text,
            "How long the ticket can be used, such as `2h`. Default: that of the server's tokens."),
        AttributeSchema.Optional(
            "read", AttributeType.Texts, "The keys that the machine may read, and prefixes such as `nodes/*`.") with
        { Replaces = true },
        AttributeSchema.Optional(
            "write", AttributeType.Texts, "The keys that the machine may write, and prefixes.") with
        { Replaces = true },
        AttributeSchema.Optional(
            "fail", AttributeType.Flag, "With `false`, the machine may not declare the deployment failed.") with
        { Replaces = true },
        AttributeSchema.Optional(
            "observe", AttributeType.Flag,
            "With `true`: all keys, waits, hints and events, but no values. Excludes `read` and `write`.") with
        { Replaces = true },
        AttributeSchema.Optional(
            "full", AttributeType.Flag,
            "With `true`: full access, even to delete the deployment. Excludes `read` and `write`.")
            with
        { Replaces = true },
        SharedAttributes.Keepers,
        AttributeSchema.Computed("id", AttributeType.Text, "The id of the ticket. Not a secret."),
        AttributeSchema.Computed("ticket", AttributeType.Text, "The ticket: `GOT_TICKET` of the machine.") with
        { IsSensitive = true },
        AttributeSchema.Computed("expires", AttributeType.Text, "Until when it can be used (RFC 3339)."),
        AttributeSchema.Computed("redeemed", AttributeType.Flag, "Whether a machine has used it."),
    ]))
{
    private const string Create = "create the ticket";
    private const string Read = "read the tickets";

    public override void Validate(ObjectValue config)
    {
        Inputs.CheckDuration(config, "ttl");
        Inputs.CheckScope(config, isFullByDefault: false);
    }

    public override async Task<ObjectValue> CreateAsync(ObjectValue planned, ObjectValue config, Operation operation)
    {
        var client = operation.Connections.Open(planned.Text("deployment"), planned.Text("token"));
        var body = new TicketBody(planned.Text("name"), planned.Text("ttl"))
        {
            Read = Inputs.Patterns(planned, "read"),
            Write = Inputs.Patterns(planned, "write"),
            Full = planned.Flag("full") ? true : null,
            Fail = Inputs.MayFail(planned),
            Observe = planned.Flag("observe") ? true : null,
        };
        var request = StoreRequest.Post(client.ActionUrl("tickets"), body, ProtocolJson.Default.TicketBody);
        var issued = await client.SendAsync(Create, request, ProtocolJson.Default.CreatedTicket, operation.Writing);
        if (!HeaderText.IsWord(issued.Ticket) || !HeaderText.IsWord(issued.Id))
            throw ExitCodes.NotGoterra(Create);
        var state = planned.Copy();
        state["id"] = TerraformValue.From(issued.Id);
        state["ticket"] = TerraformValue.From(issued.Ticket);
        state["expires"] = TerraformValue.From(issued.Expires);
        state["redeemed"] = TerraformValue.From(false);
        return state;
    }

    public override async Task<ObjectValue?> ReadAsync(ObjectValue state, Operation operation)
    {
        var client = operation.Connections.Open(state.Text("deployment"), state.Text("token"));
        var request = StoreRequest.Get(client.Address.Common($"tickets/{client.Deployment}"));
        var response = await client.TrySendAsync(Read, request, operation.Reading);
        if (!response.IsSuccess)
            return GoneDeployment.Keep(Read, client, response, state, operation);
        var list = ProtocolJson.TryRead(response.Body, ProtocolJson.Default.TicketList)?.Tickets
            ?? throw ExitCodes.NotGoterra(Read);
        // The server forgets expired tickets when it needs their place: not listed does not mean unused.
        if (list.OfType<TicketEntry>().FirstOrDefault(ticket => ticket.Id == state.Text("id")) is { } found)
            state["redeemed"] = TerraformValue.From(found.Redeemed is not null);
        return state;
    }

    public override async Task DeleteAsync(ObjectValue state, Operation operation)
    {
        const string Delete = "revoke the ticket";
        var client = operation.Connections.Open(state.Text("deployment"), state.Text("token"));
        var address = client.Address.Common($"tickets/{client.Deployment}/{state.Text("id")}");
        var request = new StoreRequest(HttpMethod.Delete, address) { Content = ResponseContent.Revoked };
        var response = await client.TrySendAsync(Delete, request, operation.Writing);
        if (response.IsSuccess || (response.Status == HttpStatusCode.NotFound && !response.IsForeign))
            return;
        GoneDeployment.Keep(Delete, client, response, state, operation);
    }
}
