using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Goterra.Api.Deployments;
using Goterra.Api.Downloads;
using Goterra.Api.Errors;
using Goterra.Api.Health;
using Goterra.Api.Http;
using Goterra.Api.Namespaces;
using Goterra.Api.Tokens;
using Goterra.Api.Values;

namespace Goterra.Api.Json;

/// <summary>Responses as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ProblemBody))]
[JsonSerializable(typeof(VersionResponse))]
[JsonSerializable(typeof(TokenResponse))]
[JsonSerializable(typeof(TicketResponse))]
[JsonSerializable(typeof(TicketsResponse))]
[JsonSerializable(typeof(DeploymentsResponse))]
[JsonSerializable(typeof(NamespacesResponse))]
[JsonSerializable(typeof(NamespaceTokenResponse))]
[JsonSerializable(typeof(DeploymentResponse))]
[JsonSerializable(typeof(KeyResponse))]
[JsonSerializable(typeof(ValueResponse))]
[JsonSerializable(typeof(WrittenResponse))]
[JsonSerializable(typeof(MessageResponse))]
[JsonSerializable(typeof(ClientsResponse))]
[JsonSerializable(typeof(HealthResponse))]
internal sealed partial class WireContext : JsonSerializerContext
{
    /// <summary>Responses are never part of a page: <c>+</c> and <c>&lt;</c> in a value need not be escaped.</summary>
    public static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    /// <summary>For use without MVC.</summary>
    public static readonly WireContext Plain = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = Encoder,
    });
}

/// <summary>Request bodies: property names are case-insensitive and unique.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    PropertyNameCaseInsensitive = true,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(CreateDeploymentRequest))]
[JsonSerializable(typeof(PutValueRequest))]
[JsonSerializable(typeof(FailRequest))]
[JsonSerializable(typeof(ResumeRequest))]
[JsonSerializable(typeof(TokenRequest))]
[JsonSerializable(typeof(TicketRequest))]
[JsonSerializable(typeof(RedeemRequest))]
internal sealed partial class RequestContext : JsonSerializerContext;
