using System.Net;
using Goterra.Cli.Protocol;

namespace Goterra.Cli.Http;

/// <summary>What a success response to a request contains.</summary>
internal enum ResponseContent
{
    /// <summary>A JSON object, whose members the caller checks.</summary>
    Json,

    /// <summary>A value with its ETag, or the JSON of a server of the original.</summary>
    Value,

    /// <summary>The confirmation of a write, with the ETag of the value.</summary>
    Written,

    /// <summary>The confirmation of a write by a server of the original, which sends no ETag.</summary>
    Stored,

    Deleted,
    Failed,
    Resumed,
    Revoked,
}

/// <summary>
/// Decides whether a response is from a goterra server. Captive portals, CDNs and proxies answer any request with 200,
/// or with an error that would have a meaning here. The only place that decides this.
/// </summary>
internal static class ResponseProof
{
    private const string Binary = "application/octet-stream";
    private const string ProblemType = "application/problem+json";
    private const int NonceLength = 16;

    /// <summary>Whether the body is worth reading.</summary>
    public static bool IsExpectedType(StoreRequest request, string? mediaType) =>
        StoreResponse.IsJsonType(mediaType) || (request.Content == ResponseContent.Value && mediaType == Binary);

    public static bool IsGoterra(StoreRequest request, StoreResponse response) => response.Status switch
    {
        HttpStatusCode.OK => IsExpectedType(request, response.MediaType) && HasContent(request.Content, response),
        HttpStatusCode.NotModified => IsEntityTag(response.ETag),
        HttpStatusCode.NotFound =>
            request.MayLackRoute || response.Problem?.Message == "not found"
            || (IsProblem(response) && !IsUnknownPath(response)),
        HttpStatusCode.Gone or HttpStatusCode.PreconditionFailed or HttpStatusCode.FailedDependency =>
            IsProblem(response),
        // Retrying cannot change these, unlike other errors of a proxy.
        HttpStatusCode.NotImplemented or HttpStatusCode.HttpVersionNotSupported
            or HttpStatusCode.NetworkAuthenticationRequired => false,
        _ => (int)response.Status is < 200 or (>= 300 and < 600),
    };

    /// <summary>Whether the response shows that the server is goterra, not only that it might be.</summary>
    public static bool IsProven(StoreRequest request, StoreResponse response) =>
        !response.IsForeign && !(request.MayLackRoute && response.Status == HttpStatusCode.NotFound);

    private static bool HasContent(ResponseContent content, StoreResponse response) => content switch
    {
        ResponseContent.Value => response.MediaType == Binary
            ? IsEntityTag(response.ETag)
            : ProtocolJson.TryRead(response.Body, ProtocolJson.Default.ValueMessage)
                is { Key: not null, Value: not null },
        ResponseContent.Written => Says(response, "done") && IsEntityTag(response.ETag),
        ResponseContent.Stored => Says(response, "done"),
        ResponseContent.Deleted => Says(response, "deleted"),
        ResponseContent.Failed => Says(response, "failed"),
        ResponseContent.Resumed => Says(response, "resumed"),
        ResponseContent.Revoked => Says(response, "revoked"),
        _ => response.Body.AsSpan().TrimStart(" \t\r\n"u8) is [(byte)'{', ..],
    };

    private static bool Says(StoreResponse response, string message) => response.Problem?.Message == message;

    private static bool IsProblem(StoreResponse response) =>
        response is { MediaType: ProblemType, Problem: { Detail: not null, Message: not null } };

    /// <summary>What a goterra server says of a path outside of its API: --url contains a path too many.</summary>
    private static bool IsUnknownPath(StoreResponse response) =>
        response.Problem?.Detail?.StartsWith("Path not found", StringComparison.Ordinal) == true;

    /// <summary>A revision and a random nonce, `"7.0123456789abcdef"`, or the nonce alone.</summary>
    private static bool IsEntityTag(string? tag)
    {
        if (tag is not ['"', .. var text, '"'])
            return false;
        var dot = text.IndexOf('.');
        var nonce = text[(dot + 1)..];
        return dot != 0 && text.Take(dot).All(char.IsAsciiDigit)
            && nonce.Length == NonceLength && nonce.All(char.IsAsciiHexDigitLower);
    }
}
