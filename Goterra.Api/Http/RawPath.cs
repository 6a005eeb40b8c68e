using Microsoft.AspNetCore.Http.Features;

namespace Goterra.Api.Http;

/// <summary>
/// The path as it came over the wire. The server decodes paths half (<c>%2F</c> stays) and resolves dot segments before routing, so a key taken from the
/// route would not be the one that was sent, and <c>/store/A/%2e%2e/B/k</c> would be a request to deployment B.
/// </summary>
internal static class RawPath
{
    public static string Of(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;

        // The absolute form (RFC 9112, 3.2.2): what follows the authority is the path.
        if (!target.StartsWith('/') && target.IndexOf("://", StringComparison.Ordinal) is > 0 and var scheme)
            target = target.IndexOf('/', scheme + 3) is > 0 and var slash ? target[slash..] : "/";

        return target.IndexOf('?', StringComparison.Ordinal) is >= 0 and var query ? target[..query] : target;
    }

    /// <summary>Whether a segment is <c>.</c> or <c>..</c>, percent-encoded or not.</summary>
    public static bool HasDotSegment(string path)
    {
        if (!path.Contains('.', StringComparison.Ordinal) && !path.Contains("%2e", StringComparison.OrdinalIgnoreCase))
            return false;

        var plain = path.Replace("%2e", ".", StringComparison.OrdinalIgnoreCase).Replace("%2f", "/", StringComparison.OrdinalIgnoreCase);
        return plain.Split('/').Any(segment => segment is "." or "..");
    }

    /// <summary>What follows <c>/store/{id}/</c>, still encoded; null where nothing can follow since that slash is missing.</summary>
    public static string? KeyOf(string path)
    {
        var slash = -1;
        for (var i = 0; i < 3; i++)
        {
            slash = path.IndexOf('/', slash + 1);
            if (slash < 0)
                return null;
        }

        return path[(slash + 1)..];
    }

    /// <summary>Decodes <c>%XX</c> exactly once; false where a percent sign has no two hexadecimal digits behind it.</summary>
    public static bool TryDecode(string text, out byte[] decoded)
    {
        decoded = [];
        var bytes = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                bytes.Add((byte)text[i]);
                continue;
            }

            if (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2]))
                return false;

            bytes.Add(Convert.FromHexString(text.AsSpan(i + 1, 2))[0]);
            i += 2;
        }

        decoded = [.. bytes];
        return true;
    }
}
