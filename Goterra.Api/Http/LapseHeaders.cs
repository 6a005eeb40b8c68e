using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;

namespace Goterra.Api.Http;

/// <summary>
/// What the server declares when a lease lapses: <c>?on_lapse=fail</c>, with the percent-encoded reason and source in
/// headers. A reason does not belong into a URL, which proxies log.
/// </summary>
public sealed record LapseHeaders(Secret Reason, FailureSource? Source)
{
    internal const string Parameter = "on_lapse";
    internal const string Action = "fail";
    internal const string ReasonHeader = "Goterra-Lapse-Reason";
    internal const string SourceHeader = "Goterra-Lapse-Source";

    private const int MaxReasonLength = 2000;

    internal FailureReport ToReport(Caller caller, ValueKey key) =>
        new(Source ?? FailureSource.Parse(key.Text), Reason.Value, caller.TokenFamily);

    /// <param name="request">The request.</param>
    /// <param name="isLease">It stores a lease.</param>
    /// <param name="headers">Null if the request has none.</param>
    /// <param name="field">The invalid parameter or header.</param>
    /// <param name="error">Its valid format.</param>
    internal static bool TryRead(
        HttpRequest request, bool isLease, out LapseHeaders? headers, out string field, out string error)
    {
        headers = null;
        (field, error) = (Parameter, "on_lapse=fail requires ttl, and the headers Goterra-Lapse-... require it");
        if (!request.Query.TryGetValue(Parameter, out var action))
            return !request.Headers.ContainsKey(ReasonHeader) && !request.Headers.ContainsKey(SourceHeader);
        if (action != Action || !isLease)
            return false;

        (field, error) = (ReasonHeader, "it is required: percent-encoded UTF-8, 1 to 2,000 characters");
        if (!TryDecode(request.Headers[ReasonHeader].ToString(), out var reason)
            || reason.Length is 0 or > MaxReasonLength)
            return false;

        FailureSource? source = null;
        if (request.Headers.TryGetValue(SourceHeader, out var given))
        {
            (field, error) = (SourceHeader, $"it takes percent-encoded UTF-8; {FailureSource.Format}");
            if (!TryDecode(given.ToString(), out var text) || !FailureSource.TryParse(text, out source))
                return false;
        }

        headers = new LapseHeaders(reason, source);
        return true;
    }

    private static bool TryDecode(string header, [NotNullWhen(true)] out string? text)
    {
        text = header.All(char.IsAscii) && RequestPath.TryDecode(header, out var utf8) && Utf8.IsValid(utf8)
            ? Encoding.UTF8.GetString(utf8)
            : null;
        return text is not null;
    }
}
