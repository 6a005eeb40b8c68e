using System.Buffers;
using Microsoft.AspNetCore.Http.Features;

namespace Goterra.Api.Http;

/// <summary>
/// The path of a request as it was sent, parsed once per request. The server decodes paths only partly (<c>%2F</c>
/// remains) and resolves dot segments before routing: a key taken from the route would differ from the one sent, and
/// <c>/store/A/%2e%2e/B/k</c> would be a request to deployment B.
/// </summary>
internal sealed class RequestPath
{
    private RequestPath(string target)
    {
        // The absolute form (RFC 9112, section 3.2.2): the path follows the authority.
        if (!target.StartsWith('/') && target.IndexOf("://", StringComparison.Ordinal) is > 0 and var scheme)
            target = target.IndexOf('/', scheme + 3) is > 0 and var slash ? target[slash..] : "/";

        // An address that ends with a slash, followed by the path: //store/{id}.
        if (target.StartsWith("//", StringComparison.Ordinal))
            target = "/" + target.TrimStart('/');

        Text = target.IndexOf('?', StringComparison.Ordinal) is >= 0 and var query ? target[..query] : target;
        HasDotSegment = FindDotSegment(Text);
        Key = FindKey(Text);
    }

    /// <summary>The path, encoded, without the query.</summary>
    public string Text { get; }

    /// <summary>A segment is <c>.</c> or <c>..</c>, percent-encoded or not.</summary>
    public bool HasDotSegment { get; }

    /// <summary>What follows <c>/store/{id}/</c>, encoded; null if there is no such slash.</summary>
    public string? Key { get; }

    public static RequestPath Of(HttpContext context)
    {
        if (context.Features.Get<RequestPath>() is { } parsed)
            return parsed;

        var path = new RequestPath(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
        context.Features.Set(path);
        return path;
    }

    /// <summary>
    /// Decodes <c>%XX</c> exactly once. False if a percent sign is not followed by two hexadecimal digits.
    /// </summary>
    public static bool TryDecode(string text, out byte[] decoded)
    {
        decoded = [];
        var buffer = new byte[text.Length];
        var length = 0;
        for (var i = 0; i < text.Length; i++, length++)
        {
            if (text[i] != '%')
            {
                buffer[length] = (byte)text[i];
                continue;
            }

            if (i + 2 >= text.Length
                || Convert.FromHexString(text.AsSpan(i + 1, 2), buffer.AsSpan(length), out _, out _)
                    != OperationStatus.Done)
                return false;
            i += 2;
        }

        decoded = buffer[..length];
        return true;
    }

    private static bool FindDotSegment(string path)
    {
        if (!path.Contains('.', StringComparison.Ordinal) && !path.Contains("%2e", StringComparison.OrdinalIgnoreCase))
            return false;

        var plain = path
            .Replace("%2e", ".", StringComparison.OrdinalIgnoreCase)
            .Replace("%2f", "/", StringComparison.OrdinalIgnoreCase);
        return plain.Split('/').Any(segment => segment is "." or "..");
    }

    private static string? FindKey(string path)
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
}
