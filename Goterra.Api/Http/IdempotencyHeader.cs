using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Microsoft.AspNetCore.Mvc.ModelBinding;

namespace Goterra.Api.Http;

/// <summary>The Idempotency-Key of a creation; null if there is none.</summary>
public sealed record IdempotencyHeader(CreationKey? Key) : IRequestInput<IdempotencyHeader>
{
    internal const string Name = "Idempotency-Key";

    static IdempotencyHeader? IRequestInput<IdempotencyHeader>.Read(HttpRequest request, ModelStateDictionary errors)
    {
        var header = request.Headers[Name];
        var text = header.ToString();
        if (text.Length == 0)
            return new IdempotencyHeader((CreationKey?)null);
        if (header.Count == 1 && text.Length <= CreationKey.MaxLength && text.All(one => one is >= ' ' and <= '~'))
            return new IdempotencyHeader(new CreationKey(new Secret(text)));
        errors.TryAddModelError(Name, $"it takes up to {CreationKey.MaxLength} printable ASCII characters, once");
        return null;
    }
}
