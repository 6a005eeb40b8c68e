using System.Diagnostics.CodeAnalysis;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.Net.Http.Headers;

namespace Goterra.Api.Http;

/// <summary>
/// How a value is to be written: If-Match, If-None-Match, Idempotency-Key, <c>?ttl=</c> with
/// <see cref="LapseHeaders"/>, and <c>Goterra-Fence: KEY "ETAG"</c> with a percent-encoded key.
/// </summary>
/// <param name="Client">Address and name of the client.</param>
public sealed record WriteHeaders(
    WriteCondition Condition, Secret? IdempotencyKey, TimeSpan? Lease, Fence? Fence, Secret Client)
    : IRequestInput<WriteHeaders>
{
    internal const string FenceHeader = "Goterra-Fence";
    internal const string LeaseParameter = "ttl";

    /// <summary>Null for a lease that lapses without consequences.</summary>
    public LapseHeaders? OnLapse { get; init; }

    internal ValueWrite ToWrite(Caller caller, ValueKey key) =>
        new(caller.Deployment, key, caller.Epoch, Condition, IdempotencyKey?.Value)
        {
            Lease = Lease,
            OnLapse = OnLapse?.ToReport(caller, key),
            Fence = Fence,
            Credential = caller.Credential,
            Writer = caller.AsWriter(Client.Value),
        };

    static WriteHeaders? IRequestInput<WriteHeaders>.Read(HttpRequest request, ModelStateDictionary errors)
    {
        if (!TryRead(request, out var headers, out var field, out var error))
            errors.TryAddModelError(field, error);
        return headers;
    }

    private static bool TryRead(
        HttpRequest request, [NotNullWhen(true)] out WriteHeaders? headers, out string field, out string error)
    {
        headers = null;
        if (!EntityTags.TryReadCondition(request.Headers, out var condition, out field, out error))
            return false;

        TimeSpan? lease = null;
        if (request.Query.TryGetValue(LeaseParameter, out var ttl))
        {
            (field, error) = (LeaseParameter, $"{Duration.Format}; a lease is 1s to 24h long, and can be renewed");
            if (!HttpMethods.IsPut(request.Method) || !Duration.TryParse(ttl, out var span)
                || span < ValueWrite.MinLease || span > ValueWrite.MaxLease)
                return false;
            lease = span;
        }

        if (!LapseHeaders.TryRead(request, lease is not null, out var onLapse, out field, out error))
            return false;

        Fence? fence = null;
        if (request.Headers.TryGetValue(FenceHeader, out var header))
        {
            (field, error) = (FenceHeader,
                "must be the percent-encoded key of a lease, a space, and the ETag of the lease in double quotes");
            if (!TryReadFence(header.ToString(), out fence))
                return false;
        }

        if (!IdempotencyHeader.TryRead(request.Headers, out var idempotencyKey))
        {
            (field, error) = (IdempotencyHeader.Name, IdempotencyHeader.Format);
            return false;
        }

        if (request.Headers.ContainsKey(HeaderNames.ContentRange))
        {
            (field, error) = (HeaderNames.ContentRange,
                "a part of a value cannot be stored (RFC 9110, section 14.5): send the whole value, without it");
            return false;
        }

        headers = new WriteHeaders(condition, idempotencyKey, lease, fence, ClientName.Of(request))
        {
            OnLapse = onLapse,
        };
        return true;
    }

    private static bool TryReadFence(string text, [NotNullWhen(true)] out Fence? fence)
    {
        fence = null;
        if (text.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var key, var tag]
            && RequestPath.TryDecode(key, out var utf8) && ValueKey.TryParse(utf8, out var lease, out _)
            && EntityTagHeaderValue.TryParse(tag, out var parsed) && !parsed.IsWeak && parsed.Tag.Length > 2
            && parsed != EntityTagHeaderValue.Any)
            fence = Fence.Of(lease, parsed.Tag.Value!.Trim('"'));
        return fence is not null;
    }
}
