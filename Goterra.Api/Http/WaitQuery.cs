using System.Security.Cryptography;
using Goterra.Core.Waiting;
using Microsoft.AspNetCore.Mvc;

namespace Goterra.Api.Http;

/// <summary>Whether and how a request waits.</summary>
public sealed class WaitQuery
{
    private const int MaxNameLength = 100;
    private static readonly Waiter NoWaiter = new("", "");

    /// <summary>
    /// How long to wait at most: <c>90s</c>, <c>10m</c>, or a number of seconds. Capped at the server's maximum.
    /// </summary>
    [FromQuery(Name = "wait")]
    public TimeSpan? Wait { get; init; }

    /// <summary>
    /// <c>503</c>: returns 503 with Retry-After and no body instead of 404, for tools that retry on 503 by themselves.
    /// </summary>
    [FromQuery(Name = "pending")]
    public string? Pending { get; init; }

    internal bool IsPolling => Pending is not null;

    internal WaitOptions ToOptions(HttpRequest request, FailurePrefix? fail) =>
        new(Wait ?? TimeSpan.Zero, IsPolling, fail?.Prefix, WaiterOf(request));

    private Waiter WaiterOf(HttpRequest request)
    {
        if (Wait is null)
            return NoWaiter;

        var headers = request.Headers;
        var name = Printable(headers["X-Client-Name"].ToString()) is { Length: > 0 } given
            ? given
            : Printable(headers.UserAgent.ToString());
        var id = Printable(headers["X-Wait-Id"].ToString());
        return new Waiter(
            id.Length > 0 ? id : RandomNumberGenerator.GetHexString(16, lowercase: true),
            $"{ClientAddress.Of(request.HttpContext)} {name}".Trim());
    }

    // Displayed on terminals: no control characters, and of limited length.
    private static string Printable(string text) =>
        new([.. text.Where(character => character is >= ' ' and <= '~').Take(MaxNameLength)]);
}
