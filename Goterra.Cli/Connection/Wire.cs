using System.Text.Json;
using System.Text.Json.Serialization;
using Goterra.Cli.Apps;
using Goterra.Cli.Once;
using Goterra.Cli.Tickets;

namespace Goterra.Cli.Connection;

internal sealed record StoredValue(string? Key, string? Value)
{
    public override string ToString() => nameof(StoredValue);
}

internal sealed record DeploymentRequest(string? Ttl, string? Name);

/// <summary>A token and what it opens. Null members are written too: `deployment_expires` is null where only a deletion ends the deployment.</summary>
internal sealed record IssuedToken(
    string? Url,
    string? Id,
    string? Token,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Expires,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? DeploymentExpires)
{
    /// <summary>Null where it is none.</summary>
    public static IssuedToken? Read(byte[] body) => WireAnswer.Read(body, WireJson.Default.IssuedToken) is { } issued && WireAnswer.IsSecret(issued.Token) ? issued : null;

    public override string ToString() => nameof(IssuedToken);
}

internal sealed record TokenRequest(string? Ttl, string[]? Read, string[]? Write, bool? Fail);

internal sealed record TicketRequest(string? Name, string? Ttl, string[]? Read, string[]? Write, bool? Full, bool? Fail);

internal sealed record IssuedTicket(string? Ticket, string? Expires)
{
    public override string ToString() => nameof(IssuedTicket);
}

internal sealed record Redemption(string Ticket, string Machine)
{
    public override string ToString() => nameof(Redemption);
}

internal sealed record Greeting(string? Version, string? Message);

internal sealed record DeploymentsPage(IReadOnlyList<JsonElement>? Deployments, string? Next);

internal sealed record ListedDeployment(
    string? Id, string? Name, string? Namespace, string? State, string? Created, string? DeploymentExpires, long? Keys);

internal sealed record NamespaceList(IReadOnlyList<ListedNamespace?>? Namespaces);

internal sealed record ListedNamespace(string? Name, string? Role);

internal sealed record Problem(string? Title, string? Detail, string? Message);

internal sealed record LeaseTaken(DateTimeOffset? Expires);

internal sealed record Reason([property: JsonPropertyName("reason")] string Text);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StoredValue))]
[JsonSerializable(typeof(DeploymentRequest))]
[JsonSerializable(typeof(IssuedToken))]
[JsonSerializable(typeof(TokenRequest))]
[JsonSerializable(typeof(TicketRequest))]
[JsonSerializable(typeof(IssuedTicket))]
[JsonSerializable(typeof(Redemption))]
[JsonSerializable(typeof(KeptToken))]
[JsonSerializable(typeof(Greeting))]
[JsonSerializable(typeof(TokenClaims))]
[JsonSerializable(typeof(DeploymentsPage))]
[JsonSerializable(typeof(ListedDeployment))]
[JsonSerializable(typeof(NamespaceList))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(Listing))]
[JsonSerializable(typeof(Reason))]
[JsonSerializable(typeof(AppRecord))]
[JsonSerializable(typeof(OnceState))]
[JsonSerializable(typeof(LeaseTaken))]
[JsonSerializable(typeof(SortedDictionary<string, string>))]
internal sealed partial class WireJson : JsonSerializerContext;
