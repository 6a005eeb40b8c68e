using System.Text.Json;
using System.Text.Json.Serialization;

namespace Goterra.Cli.Protocol;

// Request and response bodies. Records that hold a secret or a value don't print it.

internal sealed record ValueMessage(string? Key, string? Value)
{
    public override string ToString() => nameof(ValueMessage);
}

internal sealed record CreateBody(string? Ttl, string? Name);

/// <summary>A token and the deployment that it opens.</summary>
internal sealed record CreatedToken(
    string? Url,
    string? Id,
    string? Token,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Expires,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? DeploymentExpires)
{
    public static CreatedToken? TryRead(byte[] body) =>
        ProtocolJson.TryRead(body, ProtocolJson.Default.CreatedToken) is { } issued && HeaderText.IsWord(issued.Token)
            ? issued
            : null;

    public override string ToString() => nameof(CreatedToken);
}

internal sealed record TokenBody(string? Ttl, string[]? Read, string[]? Write, bool? Fail, bool? Observe);

internal sealed record TicketBody(string? Name, string? Ttl)
{
    public string[]? Read { get; init; }

    public string[]? Write { get; init; }

    public bool? Full { get; init; }

    public bool? Fail { get; init; }

    public bool? Observe { get; init; }
}

internal sealed record TicketList(IReadOnlyList<TicketEntry?>? Tickets);

internal sealed record TicketEntry(string? Id, string? Name, DateTimeOffset? Expires)
{
    public DateTimeOffset? Redeemed { get; init; }

    public string? Client { get; init; }

    public int Misuses { get; init; }
}

internal sealed record CreatedTicket(string? Ticket, string? Id, string? Expires)
{
    public override string ToString() => nameof(CreatedTicket);
}

internal sealed record RedeemBody(string Ticket, string Machine)
{
    public override string ToString() => nameof(RedeemBody);
}

/// <summary>`GET /store`.</summary>
internal sealed record ServerGreeting(string? Version, string? Message);

internal sealed record DeploymentsPage(IReadOnlyList<JsonElement>? Deployments, string? Next);

internal sealed record ListedDeployment
{
    public string? Id { get; init; }

    public string? Name { get; init; }

    public string? Namespace { get; init; }

    public string? State { get; init; }

    public string? Created { get; init; }

    public string? DeploymentExpires { get; init; }

    public long? Keys { get; init; }

    public string? Owner { get; init; }

    public int? Waiting { get; init; }

    public DateTimeOffset? WaitingSince { get; init; }
}

internal sealed record NamespaceList(IReadOnlyList<NamespaceEntry?>? Namespaces);

internal sealed record NamespaceEntry(string? Name, string? Role);

/// <summary>RFC 9457, or the error of a server of the original.</summary>
internal sealed record ServerProblem(string? Title, string? Detail, string? Message);

/// <param name="Expires">When the lease expires.</param>
/// <param name="OnLapse">`fail` if the request has armed a switch.</param>
internal sealed record LeaseResponse(DateTimeOffset? Expires, string? OnLapse);

/// <summary>For `fail` and `resume`.</summary>
internal sealed record FailureBody(string? Reason, string? Source);
