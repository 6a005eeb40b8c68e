using Goterra.Api.Http;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ModelBinding;

namespace Goterra.Api.Namespaces;

/// <summary>A page of a list.</summary>
public sealed class PageQuery : IRequestInput<PageQuery>
{
    private const int DefaultLimit = 100;
    private const int MaxLimit = 1000;

    private PageCursor? _cursor;

    /// <summary>The maximum number of entries: 1 to 1,000, 100 by default.</summary>
    [FromQuery(Name = "limit")]
    public int? Limit { get; private init; }

    /// <summary>The <c>next</c> of the previous page.</summary>
    [FromQuery(Name = "after")]
    public string? After => _cursor?.ToString();

    static PageQuery? IRequestInput<PageQuery>.Read(HttpRequest request, ModelStateDictionary errors)
    {
        PageCursor? cursor = null;
        if (RawQuery.ReadText(request, "after", errors) is { Length: > 0 } after
            && !PageCursor.TryParse(after, out cursor))
            errors.TryAddModelError("after", "must be the 'next' of the previous page");
        return new PageQuery { _cursor = cursor, Limit = RawQuery.ReadNumber(request, "limit", MaxLimit, errors) };
    }

    internal PageRequest ToRequest() => new(_cursor, Limit ?? DefaultLimit);
}
