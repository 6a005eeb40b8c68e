using System.Net;
using System.Net.Http.Headers;
using Goterra.Cli.Protocol;

namespace Goterra.Cli.Http;

/// <summary>The outcome of a single attempt to send a request.</summary>
internal abstract record SendResult(TimeSpan Elapsed);

/// <summary>No complete response was received.</summary>
/// <param name="Elapsed">How long the attempt took.</param>
/// <param name="Reason">Describes why, for error messages.</param>
internal sealed record SendFailure(TimeSpan Elapsed, string Reason) : SendResult(Elapsed)
{
    /// <summary>The server may have carried out the request.</summary>
    public bool MayHaveBeenApplied { get; init; }

    /// <summary>The client's own time limit ended the attempt.</summary>
    public bool IsTimeout { get; init; }

    /// <summary>Another attempt would fail in the same way.</summary>
    public bool IsPermanent { get; init; }

    /// <summary>The address leads to something that is no goterra server.</summary>
    public bool IsForeign { get; init; }

    /// <summary>The attempt failed because of a wrong clock.</summary>
    public bool IsClockRelated { get; init; }
}

/// <summary>A successful response whose body has not been read yet.</summary>
internal sealed record StreamingResponse(TimeSpan Elapsed, HttpResponseMessage Message)
    : SendResult(Elapsed), IDisposable
{
    public override string ToString() => nameof(StreamingResponse);

    public void Dispose() => Message.Dispose();
}

/// <summary>A complete response.</summary>
internal sealed record StoreResponse(TimeSpan Elapsed, HttpStatusCode Status, string? MediaType, byte[] Body)
    : SendResult(Elapsed)
{
    public RetryConditionHeaderValue? RetryAfter { get; init; }

    public Uri? Location { get; init; }

    /// <summary>With its quotes, but without the `W/` that a compressing proxy adds.</summary>
    public string? ETag { get; init; }

    /// <summary>The server's clock.</summary>
    public DateTimeOffset? Date { get; init; }

    /// <summary>Not from a goterra server: see <see cref="ResponseProof"/>.</summary>
    public bool IsForeign { get; init; }

    public bool IsSuccess => !IsForeign && (int)Status is >= 200 and < 300;

    /// <summary>
    /// The request may succeed later: 5xx, 429 or 408, or the page of a proxy whose server is restarting.
    /// </summary>
    public bool IsTransient => IsForeign
        || (int)Status >= 500 || Status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout;

    /// <summary>The request was certainly not carried out.</summary>
    public bool IsRejected =>
        Status is HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests
            or HttpStatusCode.InsufficientStorage;

    /// <summary>
    /// The body as a problem, or as the message of the original goterra-store, whatever the Content-Type.
    /// </summary>
    public ServerProblem? Problem => ProtocolJson.TryRead(Body, ProtocolJson.Default.ServerProblem);

    /// <summary>
    /// The server's explanation: `detail` of a problem (RFC 9457), or `message` of a server of the original.
    /// </summary>
    public string Explanation
    {
        get
        {
            if (IsForeign)
                return $"the response ({Description}) is not from a goterra server";
            // Servers of the original label errors text/plain.
            var problem = Problem;
            var explanation = problem?.Detail ?? problem?.Message ?? problem?.Title;
            return string.IsNullOrWhiteSpace(explanation) ? $"HTTP status {(int)Status}" : explanation;
        }
    }

    /// <summary>Status and type, for messages about responses of other servers.</summary>
    public string Description => $"HTTP status {(int)Status}, {MediaType ?? "no Content-Type"}";

    public static bool IsJsonType(string? mediaType) =>
        mediaType == "application/json" || mediaType?.EndsWith("+json", StringComparison.Ordinal) == true;

    // Does not print the body, which may be a value.
    public override string ToString() => $"StoreResponse {(int)Status}";
}
