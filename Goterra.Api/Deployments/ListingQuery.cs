using System.ComponentModel.DataAnnotations;
using Goterra.Api.Http;
using Goterra.Core.Model;
using Goterra.Core.Services;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ModelBinding;

namespace Goterra.Api.Deployments;

/// <summary>What a listing shows.</summary>
public sealed class ListingQuery : IRequestInput<ListingQuery>
{
    private const int MaxCount = 1_000_000;

    /// <summary>Only keys with this prefix.</summary>
    [FromQuery(Name = "filter")]
    [MaxLength(ValueKey.MaximumBytes)]
    public string? Filter => Prefix?.Text;

    /// <summary>With <c>false</c>, values are neither loaded nor returned.</summary>
    [FromQuery(Name = "values")]
    public bool? Values { get; private init; }

    /// <summary>With <c>true</c>, the response contains the security events.</summary>
    [FromQuery(Name = "security")]
    public bool? Security { get; private init; }

    /// <summary>With <c>ended</c>, the response contains the last 200 waits that have ended.</summary>
    [FromQuery(Name = "waits")]
    public string? Waits { get; private init; }

    /// <summary>How many keys must have the prefix <c>filter</c>.</summary>
    [FromQuery(Name = "count")]
    public int? Count { get; private init; }

    internal KeyPrefix? Prefix { get; private init; }

    internal ListingDetails Details =>
        (Security is true ? ListingDetails.Security : ListingDetails.None)
        | (Waits is null ? ListingDetails.None : ListingDetails.EndedWaits);

    static ListingQuery? IRequestInput<ListingQuery>.Read(HttpRequest request, ModelStateDictionary errors)
    {
        // Like the original server, a repeated filter of a listing has no effect.
        var count = RawQuery.ReadNumber(request, "count", MaxCount, errors);
        var prefix = count is null && request.Query["filter"].Count > 1
            ? null
            : RawQuery.ReadPrefix(request, "filter", errors);
        var waits = RawQuery.ReadText(request, "waits", errors);
        if (waits is not (null or "ended"))
            errors.TryAddModelError("waits", "it takes ended only; the current waits are always in the response");
        return new ListingQuery
        {
            Waits = waits,
            Prefix = prefix,
            Values = RawQuery.ReadFlag(request, "values", errors),
            Security = RawQuery.ReadFlag(request, "security", errors),
            Count = count,
        };
    }
}
