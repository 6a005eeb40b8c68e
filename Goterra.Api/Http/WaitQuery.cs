using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using Goterra.Core.Model;
using Goterra.Core.Waiting;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ModelBinding;

namespace Goterra.Api.Http;

/// <summary>Whether and how a request waits.</summary>
public sealed class WaitQuery : IRequestInput<WaitQuery>
{
    private static readonly Waiter NoWaiter = new("", "");
    private static readonly WaitQuery None = new();

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

    /// <summary>
    /// A key with this prefix reports a failure: the wait ends with 424, and the value is the reason.
    /// </summary>
    [FromQuery(Name = "fail")]
    [MaxLength(ValueKey.MaximumBytes)]
    public string? Fail => FailurePrefix?.Text;

    internal KeyPrefix? FailurePrefix { get; private init; }

    internal bool IsPolling => Pending is not null;

    static WaitQuery? IRequestInput<WaitQuery>.Read(HttpRequest request, ModelStateDictionary errors)
    {
        if (request.Query.Count == 0)
            return None;

        TimeSpan? wait = null;
        if (RawQuery.ReadText(request, "wait", errors) is { } text)
        {
            if (Duration.TryParse(text, out var parsed))
                wait = parsed;
            else
                errors.TryAddModelError("wait", Duration.Format);
        }

        var pending = RawQuery.ReadText(request, "pending", errors);
        if (pending is not (null or "503"))
            errors.TryAddModelError("pending", "must be 503: the status code to return instead of 404");

        // An unset variable in a script: an empty prefix would match every key.
        var fail = RawQuery.ReadPrefix(request, "fail", errors);
        if (fail is { Text: "" })
        {
            errors.TryAddModelError(
                "fail", "must not be empty: the prefix of the keys that report a failure, such as failed/");
        }

        return new WaitQuery { Wait = wait, Pending = pending, FailurePrefix = fail };
    }

    internal WaitOptions ToOptions(HttpRequest request) =>
        new(Wait ?? TimeSpan.Zero, IsPolling, FailurePrefix, WaiterOf(request));

    private Waiter WaiterOf(HttpRequest request)
    {
        if (Wait is null)
            return NoWaiter;

        var id = ClientName.Printable(request.Headers["X-Wait-Id"].ToString());
        return new Waiter(
            id.Length > 0 ? id : RandomNumberGenerator.GetHexString(16, lowercase: true), ClientName.Of(request))
        {
            Network = ClientAddress.NetworkOf(request.HttpContext).ToString(),
            Continues = id.Length > 0,
            Left = Duration.TryParse(request.Headers["X-Wait-Left"].ToString(), out var left) ? left : null,
        };
    }
}
