using System.Diagnostics.CodeAnalysis;
using Goterra.Core;
using Goterra.Core.Deployments;
using Microsoft.Net.Http.Headers;

namespace Goterra.Api.Http;

/// <summary>Reads the terms of a write: If-Match, If-None-Match, Idempotency-Key, <c>?ttl=</c>, and <c>Goterra-Fence: KEY "ETAG"</c>, the key percent-encoded.</summary>
internal static class WriteTermsReader
{
    public const string FenceHeader = "Goterra-Fence";
    public const string Lease = "ttl";

    public static bool TryRead(HttpRequest request, [NotNullWhen(true)] out WriteTerms? terms, out string field, out string error)
    {
        terms = null;
        if (!EntityTags.TryReadCondition(request.Headers, out var condition, out field, out error))
            return false;

        TimeSpan? lease = null;
        if (request.Query.TryGetValue(Lease, out var ttl))
        {
            (field, error) = (Lease, $"{Duration.Format}; a lease is 1s to 24h long, and can be renewed");
            if (!HttpMethods.IsPut(request.Method) || !Duration.TryParse(ttl, out var span) || span < WriteTerms.ShortestLease || span > WriteTerms.LongestLease)
                return false;
            lease = span;
        }

        Fence? fence = null;
        if (request.Headers.TryGetValue(FenceHeader, out var header))
        {
            (field, error) = (FenceHeader, "it takes the key of a lease, percent-encoded, a blank, and the lease's ETag in double quotes");
            if (!TryReadFence(header.ToString(), out fence))
                return false;
        }

        terms = new WriteTerms(condition, request.Headers["Idempotency-Key"].ToString() is { Length: > 0 } key ? key : null) { Lease = lease, Fence = fence };
        return true;
    }

    private static bool TryReadFence(string text, [NotNullWhen(true)] out Fence? fence)
    {
        fence = null;
        if (text.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var key, var tag]
            && RawPath.TryDecode(key, out var utf8) && ValueKey.TryParse(utf8, out var lease, out _)
            && EntityTagHeaderValue.TryParse(tag, out var parsed) && !parsed.IsWeak && parsed.Tag.Length > 2 && parsed != EntityTagHeaderValue.Any)
            fence = new Fence(lease, parsed.Tag.Value!.Trim('"'));
        return fence is not null;
    }
}
