namespace Goterra.Api.Http;

/// <summary>Reads a request body that is a value, whatever its Content-Type says.</summary>
internal static class ValueBody
{
    private const int FirstBuffer = 64 * 1024;
    private const long Growth = 16;

    /// <returns>Null where the body is longer than <paramref name="limit"/> bytes.</returns>
    public static async Task<ReadOnlyMemory<byte>?> ReadAsync(HttpRequest request, int limit, CancellationToken cancellationToken)
    {
        if (request.ContentLength > limit)
            return null;

        // What is announced is believed as it comes: a header costs its sender nothing.
        var buffer = new byte[Math.Min(request.ContentLength ?? 4096, FirstBuffer)];
        var length = 0;
        while (true)
        {
            if (length == buffer.Length)
            {
                if (length == request.ContentLength)
                    return buffer;

                // In few steps, since each is a copy. One byte more than is allowed, so that it is seen.
                Array.Resize(ref buffer, (int)Math.Min(Math.Max(buffer.Length * Growth, 4096), request.ContentLength ?? limit + 1L));
            }

            var read = await request.Body.ReadAsync(buffer.AsMemory(length), cancellationToken);
            length += read;
            if (length > limit)
                return null;
            if (read == 0)
                return buffer.AsMemory(0, length);
        }
    }

    /// <summary>Whether the caller would rather have the bare bytes than JSON (RFC 9110, section 12.5.1), and as what.</summary>
    /// <returns>The media type to answer with, or null for JSON.</returns>
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

    private const string Octets = "application/octet-stream";

    private static double Quality(IList<Microsoft.Net.Http.Headers.MediaTypeHeaderValue> accepted, string type)
    {
        var wanted = new Microsoft.Net.Http.Headers.MediaTypeHeaderValue(type);

        // The most specific range counts: type/subtype before type/* before */*.
        return accepted
            .Where(wanted.IsSubsetOf)
            .OrderBy(range => range.MatchesAllTypes).ThenBy(range => range.MatchesAllSubTypes)
            .FirstOrDefault() is { } best ? best.Quality ?? 1 : 0;
    }
}
