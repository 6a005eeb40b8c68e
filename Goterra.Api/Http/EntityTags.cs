using System.Diagnostics.CodeAnalysis;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Goterra.Api.Http;

/// <summary>Entity tags and conditions in headers (RFC 9110, sections 8.8.3 and 13.1).</summary>
internal static class EntityTags
{
    /// <summary>The format, for error messages.</summary>
    public const string Format = "must be * or entity tags in double quotes, as in the ETag header of a response";

    public static string Quote(EntityTag tag) => $"\"{tag}\"";

    /// <summary>
    /// Reads If-Match and If-None-Match of a write. A weak tag in If-Match never matches (strong comparison).
    /// </summary>
    public static bool TryReadCondition(
        IHeaderDictionary headers, [NotNullWhen(true)] out WriteCondition? condition, out string field,
        out string error)
    {
        (condition, field, error) = (null, "", "");
        if (!StringValues.IsNullOrEmpty(headers.IfNoneMatch))
        {
            field = HeaderNames.IfNoneMatch;
            if (headers.IfNoneMatch != "*")
                error = "a write takes * only: it succeeds if the key does not exist";
            else if (!StringValues.IsNullOrEmpty(headers.IfMatch))
                error = "it contradicts If-Match; send only one of them";
            else
                condition = WriteCondition.Absent;
        }
        else if (StringValues.IsNullOrEmpty(headers.IfMatch))
        {
            condition = WriteCondition.None;
        }
        else if (EntityTagHeaderValue.TryParseStrictList(headers.IfMatch, out var tags))
        {
            condition = tags.Contains(EntityTagHeaderValue.Any)
                ? WriteCondition.Exists
                : WriteCondition.Matches([.. tags.Where(tag => !tag.IsWeak).Select(tag => tag.Tag.Value!.Trim('"'))]);
        }
        else
        {
            (field, error) = (HeaderNames.IfMatch, Format);
        }

        return condition is not null;
    }
}

/// <summary>The tags in If-None-Match of a read.</summary>
/// <param name="Tags">Without quotes, or a single <c>*</c>. Weak tags match too (weak comparison).</param>
public sealed record KnownTags(IReadOnlyList<string> Tags) : IRequestInput<KnownTags>
{
    private static readonly KnownTags None = new([]);

    static KnownTags? IRequestInput<KnownTags>.Read(HttpRequest request, ModelStateDictionary errors)
    {
        var header = request.Headers.IfNoneMatch;
        if (StringValues.IsNullOrEmpty(header))
            return None;
        if (EntityTagHeaderValue.TryParseList(header, out var tags))
            return new([.. tags.Select(tag => tag == EntityTagHeaderValue.Any ? "*" : tag.Tag.Value!.Trim('"'))]);
        errors.TryAddModelError(HeaderNames.IfNoneMatch, EntityTags.Format);
        return null;
    }
}
