using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Goterra.Api.Clients;
using Goterra.Api.Deployments;
using Goterra.Api.Health;
using Goterra.Api.Problems;
using Goterra.Api.Tokens;

namespace Goterra.Api.Http;

/// <summary>Answers as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ProblemBody))]
[JsonSerializable(typeof(VersionResponse))]
[JsonSerializable(typeof(TokenResponse))]
[JsonSerializable(typeof(TicketResponse))]
[JsonSerializable(typeof(DeploymentsResponse))]
[JsonSerializable(typeof(NamespacesResponse))]
[JsonSerializable(typeof(NamespaceTokenResponse))]
[JsonSerializable(typeof(DeploymentResponse))]
[JsonSerializable(typeof(ValueResponse))]
[JsonSerializable(typeof(WrittenResponse))]
[JsonSerializable(typeof(MessageResponse))]
[JsonSerializable(typeof(ClientsResponse))]
[JsonSerializable(typeof(HealthResponse))]
[JsonSerializable(typeof(EventResponse))]
internal sealed partial class WireContext : JsonSerializerContext
{
    /// <summary>The answers are never part of a page: without this, + and &lt; in a value would come as \u002B and \u003C.</summary>
    public static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    /// <summary>For what is written without MVC.</summary>
    public static readonly WireContext Plain = new(new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, Encoder = Encoder });
}

/// <summary>Bodies of requests: member names in any case, none of them twice.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    PropertyNameCaseInsensitive = true,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(CreateDeploymentRequest))]
[JsonSerializable(typeof(PutValueRequest))]
[JsonSerializable(typeof(FailRequest))]
[JsonSerializable(typeof(TokenRequest))]
[JsonSerializable(typeof(TicketRequest))]
[JsonSerializable(typeof(RedeemRequest))]
internal sealed partial class RequestContext : JsonSerializerContext;
