using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Goterra.Api.Errors;

/// <summary>
/// Problems as JSON, for middleware too. The response is never part of a page: <c>+</c> and <c>&lt;</c> are not
/// escaped.
/// </summary>
[JsonSerializable(typeof(ProblemBody))]
internal sealed partial class ProblemJson : JsonSerializerContext
{
    public static readonly ProblemJson Wire = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
