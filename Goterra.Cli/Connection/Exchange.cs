using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Goterra.Cli.Connection;

/// <summary>What became of one request.</summary>
internal abstract record Exchange(TimeSpan Elapsed);

/// <summary>No complete answer came.</summary>
/// <param name="MayHaveArrived">The server may have done what was asked.</param>
/// <param name="CutShort">It was this program that gave up on it.</param>
internal sealed record NoReply(TimeSpan Elapsed, string Reason, bool MayHaveArrived, bool CutShort) : Exchange(Elapsed)
{
    /// <summary>It would be the same at the next attempt.</summary>
    public bool IsFinal { get; init; }

    /// <summary>By another clock it would have been otherwise.</summary>
    public bool IsAboutTime { get; init; }
}

/// <summary>An answer that goes on: the body is still to be read.</summary>
internal sealed record OpenReply(TimeSpan Elapsed, HttpResponseMessage Response) : Exchange(Elapsed), IDisposable
{
    public override string ToString() => nameof(OpenReply);

    public void Dispose() => Response.Dispose();
}

/// <summary>A complete answer.</summary>
internal sealed record Reply(TimeSpan Elapsed, HttpStatusCode Status, string? MediaType, byte[] Body) : Exchange(Elapsed)
{
    public RetryConditionHeaderValue? RetryAfter { get; init; }

    public Uri? Location { get; init; }

    /// <summary>With its quotes, and without the `W/` that a proxy which compresses puts before it.</summary>
    public string? ETag { get; init; }

    /// <summary>The server's clock.</summary>
    public DateTimeOffset? Date { get; init; }

    public bool IsSuccess => (int)Status is >= 200 and < 300;

    /// <summary>The server, or a proxy before it, is in trouble that passes.</summary>
    public bool IsTrouble => (int)Status >= 500 || Status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout;

    /// <summary>Surely refused before anything was done.</summary>
    public bool IsRefusal => Status is HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests or HttpStatusCode.InsufficientStorage;

    public bool IsJson => MediaType is not null && (MediaType == "application/json" || MediaType.EndsWith("+json", StringComparison.Ordinal));

    /// <summary>The server's words for it: `detail` of a problem (RFC 9457), or `message` of an old server.</summary>
    public string Explanation
    {
        get
        {
            var problem = ReadProblem();
            var words = problem?.Detail ?? problem?.Message ?? problem?.Title;
            return string.IsNullOrWhiteSpace(words) ? $"HTTP status {(int)Status}" : words;
        }
    }

    // Generated records' ToString prints the members; Body may be a value.
    public override string ToString() => $"Reply {(int)Status}";

    private Problem? ReadProblem()
    {
        try
        {
            // Whatever the Content-Type: old servers label their errors text/plain.
            return JsonSerializer.Deserialize(Body, WireJson.Default.Problem);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
