using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Goterra.Cli.Protocol;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ValueMessage))]
[JsonSerializable(typeof(CreateBody))]
[JsonSerializable(typeof(CreatedToken))]
[JsonSerializable(typeof(TokenBody))]
[JsonSerializable(typeof(TicketBody))]
[JsonSerializable(typeof(CreatedTicket))]
[JsonSerializable(typeof(TicketList))]
[JsonSerializable(typeof(RedeemBody))]
[JsonSerializable(typeof(StoredToken))]
[JsonSerializable(typeof(ServerGreeting))]
[JsonSerializable(typeof(UnverifiedClaims))]
[JsonSerializable(typeof(DeploymentsPage))]
[JsonSerializable(typeof(ListedDeployment))]
[JsonSerializable(typeof(NamespaceList))]
[JsonSerializable(typeof(ServerProblem))]
[JsonSerializable(typeof(DeploymentOverview))]
[JsonSerializable(typeof(FailureBody))]
[JsonSerializable(typeof(RunRecord))]
[JsonSerializable(typeof(OnceHeader))]
[JsonSerializable(typeof(LeaseResponse))]
[JsonSerializable(typeof(SortedDictionary<string, string>))]
internal sealed partial class ProtocolJson : JsonSerializerContext
{
    /// <summary>
    /// Returns null if the text is not JSON of that shape: responses can come from anything that answers HTTP.
    /// </summary>
    public static T? TryRead<T>(ReadOnlySpan<byte> utf8, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(utf8, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
