using System.Security.Cryptography;
using Goterra.Core.Deployments;
using Goterra.Core.Waiting;
using Microsoft.AspNetCore.Mvc;

namespace Goterra.Api.Http;

/// <summary>How a request wants to wait.</summary>
public sealed class WaitQuery
{
    private const int LongestName = 100;
    private static readonly Waiter Nobody = new("", "");

    /// <summary>How long to wait at most: <c>90s</c>, <c>10m</c>, or a number of seconds. Cut to the server's maximum.</summary>
    [FromQuery(Name = "wait")]
    public TimeSpan? Wait { get; init; }

    /// <summary><c>503</c>: what would be 404 is 503 with Retry-After and no body, so that tools that repeat on 503 wait by themselves.</summary>
    [FromQuery(Name = "pending")]
    public string? Pending { get; init; }

    internal bool IsPolling => Pending is not null;

    internal WaitOptions ToOptions(HttpRequest request, KeyPrefix? fail) => new(Wait ?? TimeSpan.Zero, IsPolling, fail, WaiterOf(request));

    // Who does not wait is never shown.
    private Waiter WaiterOf(HttpRequest request)
    {
        if (Wait is null)
            return Nobody;

        var headers = request.Headers;
        var name = Plain(headers["X-Client-Name"].ToString()) is { Length: > 0 } given ? given : Plain(headers.UserAgent.ToString());
        var id = Plain(headers["X-Wait-Id"].ToString());
        return new Waiter(
            id.Length > 0 ? id : RandomNumberGenerator.GetHexString(16, lowercase: true),
            $"{ClientAddress.Of(request.HttpContext)} {name}".Trim());
    }

    // Shown to people on terminals: nothing that moves the cursor, and not endless.
    private static string Plain(string text) => new([.. text.Where(character => character is >= ' ' and <= '~').Take(LongestName)]);
}
