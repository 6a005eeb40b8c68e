using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Microsoft.AspNetCore.Mvc.ModelBinding;

namespace Goterra.Api.Http;

/// <summary>The Idempotency-Key of a creation; null if there is none. Writes have the same rules.</summary>
public sealed record IdempotencyHeader(CreationKey? Key) : IRequestInput<IdempotencyHeader>
{
    internal const string Name = "Idempotency-Key";

    internal static readonly string Format = $"it takes up to {CreationKey.MaxLength} printable ASCII characters, once";

    static IdempotencyHeader? IRequestInput<IdempotencyHeader>.Read(HttpRequest request, ModelStateDictionary errors)
    {
        if (TryRead(request.Headers, out var key))
            return new IdempotencyHeader(key is { } secret ? new CreationKey(secret) : null);
        errors.TryAddModelError(Name, Format);
        return null;
    }

    /// <param name="headers">The headers of the request.</param>
    /// <param name="key">Null if there is none.</param>
    internal static bool TryRead(IHeaderDictionary headers, out Secret? key)
    {
        var header = headers[Name];
        var text = header.ToString();
        key = text.Length > 0 ? new Secret(text) : (Secret?)null;
        return key is null || (header.Count == 1 && text.Length <= CreationKey.MaxLength
            && text.All(character => character is >= ' ' and <= '~'));
    }
}
