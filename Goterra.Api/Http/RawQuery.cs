using System.Text.Unicode;
using Microsoft.AspNetCore.WebUtilities;

namespace Goterra.Api.Http;

/// <summary>
/// The query as it came over the wire. The server leaves what is no UTF-8 encoded (<c>%FF</c>), and so takes it for
/// literal text.
/// </summary>
internal static class RawQuery
{
    /// <summary>Whether all values of a parameter are percent-encoded UTF-8.</summary>
    public static bool IsUtf8(HttpRequest request, string name)
    {
        foreach (var pair in new QueryStringEnumerable(request.QueryString.Value))
        {
            if (pair.DecodeName().Span.Equals(
                name, StringComparison.OrdinalIgnoreCase) && !IsUtf8(pair.EncodedValue.Span))
                return false;
        }

        return true;
    }

    private static bool IsUtf8(ReadOnlySpan<char> encoded) =>
        !encoded.Contains('%') || (RequestPath.TryDecode(encoded.ToString(), out var utf8) && Utf8.IsValid(utf8));
}
