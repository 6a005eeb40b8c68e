using Microsoft.Net.Http.Headers;

namespace Goterra.Api.Http;

/// <summary>Reads request bodies that are values, whatever their Content-Type.</summary>
internal static class ValueBody
{
    private const int FirstBuffer = 64 * 1024;
    private const long Growth = 16;
    private const string Octets = "application/octet-stream";

    /// <returns>Null if the body is longer than <paramref name="limit"/> bytes.</returns>
    public static async Task<ReadOnlyMemory<byte>?> ReadAsync(
        HttpRequest request, int limit, CancellationToken cancellationToken)
    {
        if (request.ContentLength > limit)
            return null;

        // Not allocated in advance: a Content-Length costs its sender nothing.
        var buffer = new byte[Math.Min(request.ContentLength ?? 4096, FirstBuffer)];
        var length = 0;
        while (true)
        {
            if (length == buffer.Length)
            {
                if (length == request.ContentLength)
                    return buffer;

                // In few steps, because each is a copy. Up to one byte more than allowed, to detect it.
                var larger = Math.Max(buffer.Length * Growth, 4096);
                Array.Resize(ref buffer, (int)Math.Min(larger, request.ContentLength ?? limit + 1L));
            }

            var read = await ReadAsync(request, buffer.AsMemory(length), cancellationToken);
            length += read;
            if (length > limit)
                return null;
            if (read == 0)
                return buffer.AsMemory(0, length);
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
