using FluentValidation;
using Goterra.Core.Deployments;
using Microsoft.AspNetCore.Mvc;

namespace Goterra.Api.Tokens;

/// <summary>Which part of a list.</summary>
public sealed class PageQuery
{
    private const int DefaultLimit = 100;
    private const int MostLimit = 1000;

    /// <summary>How many at most: 1 to 1,000, 100 without it.</summary>
    [FromQuery(Name = "limit")]
    public int? Limit { get; init; }

    /// <summary>The <c>next</c> of the page before.</summary>
    [FromQuery(Name = "after")]
    public string? After { get; init; }

    internal PageRequest ToRequest() => new(PageCursor.TryParse(After, out var cursor) ? cursor : null, Limit ?? DefaultLimit);

    internal sealed class Rules : AbstractValidator<PageQuery>
    {
        public Rules()
        {
            RuleFor(query => query.Limit).Must(limit => limit is null or (>= 1 and <= MostLimit)).OverridePropertyName("limit").WithMessage("it takes a whole number from 1 to 1000");
            RuleFor(query => query.After).Must(after => after is null || PageCursor.TryParse(after, out _)).OverridePropertyName("after").WithMessage("it takes the 'next' of the page before");
        }
    }
}
