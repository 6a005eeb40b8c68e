using System.Text.Json;
using System.Text.Json.Serialization;

namespace Goterra.Cli.Connection;

internal sealed record StoredValue(string? Key, string? Value)
{
    public override string ToString() => nameof(StoredValue);
}

internal sealed record DeploymentRequest(string? Ttl, string? Name);

internal sealed record CreatedDeployment(string? Url, string? Id, string? Token)
{
    public override string ToString() => nameof(CreatedDeployment);
}

internal sealed record Problem(string? Title, string? Detail, string? Message);

internal sealed record Reason([property: JsonPropertyName("reason")] string Text);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StoredValue))]
[JsonSerializable(typeof(DeploymentRequest))]
[JsonSerializable(typeof(CreatedDeployment))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(Listing))]
[JsonSerializable(typeof(Reason))]
[JsonSerializable(typeof(SortedDictionary<string, string>))]
internal sealed partial class WireJson : JsonSerializerContext;
