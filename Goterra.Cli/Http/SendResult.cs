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

    public bool IsSuccess => (int)Status is >= 200 and < 300;

    /// <summary>The request may succeed later: 5xx, 429 or 408.</summary>
    public bool IsTransient =>
        (int)Status >= 500 || Status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout;

    /// <summary>The request was certainly not carried out.</summary>
    public bool IsRejected =>
        Status is HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests
            or HttpStatusCode.InsufficientStorage;

    public bool IsJson =>
        MediaType is not null
            && (MediaType == "application/json" || MediaType.EndsWith("+json", StringComparison.Ordinal));

    /// <summary>
    /// The server's explanation: `detail` of a problem (RFC 9457), or `message` of a server of the original.
    /// </summary>
    public string Explanation
    {
        get
        {
            // Whatever the Content-Type: servers of the original label errors text/plain.
            var problem = ProtocolJson.TryRead(Body, ProtocolJson.Default.ServerProblem);
            var explanation = problem?.Detail ?? problem?.Message ?? problem?.Title;
            return string.IsNullOrWhiteSpace(explanation) ? $"HTTP status {(int)Status}" : explanation;
        }
    }

    // Does not print the body, which may be a value.
    public override string ToString() => $"StoreResponse {(int)Status}";
}
