using Goterra.Api.Errors;
using Goterra.Core.Model;
using Microsoft.Net.Http.Headers;

namespace Goterra.Api.Http;

/// <summary>Reads request bodies that are values, whatever their Content-Type.</summary>
internal static class ValueBody
{
    private const string Octets = "application/octet-stream";

    /// <param name="request">The request.</param>
    /// <param name="limit">The limit that a longer body exceeds.</param>
    /// <param name="max">The maximum length of the body in bytes; at least the value of the limit.</param>
    /// <param name="cancellationToken">Canceled if the client disconnects.</param>
    /// <returns>The problem is set if the body is too long, or there is no memory for it.</returns>
    public static async Task<(ReadOnlyMemory<byte> Bytes, ProblemBody? Problem)> ReadAsync(
        HttpRequest request, LimitHit limit, int max, CancellationToken cancellationToken)
    {
        if (request.ContentLength > max)
            return (default, OutcomeProblems.OverLimit(StatusCodes.Status413PayloadTooLarge, limit));

        // Not allocated in advance: a Content-Length costs its sender nothing.
        var buffer = new byte[Math.Min(request.ContentLength ?? 4096, UploadMemory.FreeBytes)];
        var length = 0;
        while (true)
        {
            if (length == buffer.Length)
            {
                if (length == request.ContentLength)
                    return (buffer, null);

                // Up to one byte more than allowed, to detect it.
                var larger = length < UploadMemory.FreeBytes
                    ? UploadMemory.FreeBytes
                    : (int)(request.ContentLength ?? max + 1L);
                if (larger > UploadMemory.FreeBytes)
                {
                    var memory = request.HttpContext.RequestServices.GetRequiredService<UploadMemory>();
                    if (!await memory.TryReserveAsync(request, larger, cancellationToken))
                        return (default, memory.Problem);
                }

                Array.Resize(ref buffer, larger);
            }

            var read = await ReadAsync(request, buffer.AsMemory(length), cancellationToken);
            length += read;
            if (length > max)
                return (default, OutcomeProblems.OverLimit(StatusCodes.Status413PayloadTooLarge, limit));
            if (read == 0)
                return (buffer.AsMemory(0, length), null);
        }
    }

    // A cut upload or a malformed chunk: the client's fault, not an error of the server.
    private static async ValueTask<int> ReadAsync(
        HttpRequest request, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await request.Body.ReadAsync(buffer, cancellationToken);
        }
        catch (IOException e) when (e is not BadHttpRequestException)
        {
            throw new BadHttpRequestException("The body is incomplete or malformed.", e);
        }
    }

    /// <summary>Decides whether the client prefers the value as is to JSON (RFC 9110, section 12.5.1).</summary>
    /// <returns>The media type of the response; null for JSON.</returns>
    public static string? RawTypeFor(HttpRequest request)
    {
        if (request.Query.ContainsKey("raw"))
            return Octets;

        if (request.Headers.Accept.Count == 0)
            return null;

        var accepted = request.GetTypedHeaders().Accept;
        var json = Quality(accepted, "application/json");
        var text = Quality(accepted, "text/plain");
        var octets = Quality(accepted, Octets);
        if (Math.Max(text, octets) <= json)
            return null;
        return text >= octets ? "text/plain" : Octets;
    }

    private static double Quality(IList<MediaTypeHeaderValue> accepted, string type)
    {
        var wanted = new MediaTypeHeaderValue(type);

        // The most specific range applies: type/subtype before type/* before */*.
        return accepted
            .Where(wanted.IsSubsetOf)
            .OrderBy(range => range.MatchesAllTypes).ThenBy(range => range.MatchesAllSubTypes)
            .FirstOrDefault() is { } best ? best.Quality ?? 1 : 0;
    }
}
