using Microsoft.Extensions.Primitives;

namespace Goterra.Api.Authentication;

/// <summary>The token of an Authorization header.</summary>
internal static class BearerToken
{
    /// <summary>
    /// Accepts <c>Bearer TOKEN</c> and, like the original server, the token alone, <c>Bearer</c> repeated or without a
    /// space, and extra spaces. A token never starts with this word.
    /// </summary>
    /// <returns>Null if there is not exactly one header with one token.</returns>
    public static string? Of(StringValues header)
    {
        const string scheme = "Bearer";
        if (header.Count != 1)
            return null;
        var token = header.ToString().AsSpan().Trim();
        while (token.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
            token = token[scheme.Length..].Trim();
        return token.IsEmpty || token.ContainsAny(" \t") ? null : token.ToString();
    }
}
