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

/// <summary>A listing. Servers of the original send `deployment` only.</summary>
internal sealed record Listing(Dictionary<string, string>? Deployment, IReadOnlyList<ListedKey>? Keys);

internal sealed record ListedKey(string? Key, long Size, string? Updated);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StoredValue))]
[JsonSerializable(typeof(DeploymentRequest))]
[JsonSerializable(typeof(CreatedDeployment))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(Listing))]
internal sealed partial class WireJson : JsonSerializerContext;
