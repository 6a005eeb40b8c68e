using FluentValidation;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Microsoft.AspNetCore.Mvc;

namespace Goterra.Api.Namespaces;

/// <summary>A page of a list.</summary>
public sealed class PageQuery
{
    private const int DefaultLimit = 100;
    private const int MaxLimit = 1000;

    /// <summary>The maximum number of entries: 1 to 1,000, 100 by default.</summary>
    [FromQuery(Name = "limit")]
    public int? Limit { get; init; }

    /// <summary>The <c>next</c> of the previous page.</summary>
    [FromQuery(Name = "after")]
    public string? After { get; init; }

    internal PageRequest ToRequest() =>
        new(PageCursor.TryParse(After, out var cursor) ? cursor : null, Limit ?? DefaultLimit);

    internal sealed class Validator : AbstractValidator<PageQuery>
    {
        public Validator()
        {
            RuleFor(query => query.Limit)
                .Must(limit => limit is null or (>= 1 and <= MaxLimit))
                .OverridePropertyName("limit")
                .WithMessage("it takes a whole number from 1 to 1000");
            RuleFor(query => query.After)
                .Must(after => after is null || PageCursor.TryParse(after, out _))
                .OverridePropertyName("after")
                .WithMessage("it takes the 'next' of the previous page");
        }
    }
}
