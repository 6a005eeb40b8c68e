using System.Text.Json.Serialization;
using Microsoft.AspNetCore.WebUtilities;

namespace Goterra.Api.Errors;

/// <summary>
/// Why a request failed (RFC 9457). <c>message</c> repeats <c>detail</c> for clients of the original system.
/// </summary>
/// <param name="Type">Always <c>about:blank</c>: the status code tells the kind of problem.</param>
/// <param name="Title">The name of the status code.</param>
/// <param name="Status">The status code.</param>
/// <param name="Detail">What is wrong, and what to do about it.</param>
/// <param name="Message">The same as <c>detail</c>.</param>
/// <param name="Errors">With 400: the errors by part of the request. They never repeat the value.</param>
/// <param name="Limit">With 413 and 429: the limit that was reached, by its name in the configuration.</param>
/// <param name="LimitValue">With 413 and 429: the value of the limit.</param>
/// <param name="Reason">With 424: the reason of the failure.</param>
/// <param name="Source">With 424: who declared the deployment failed; absent if no source was given.</param>
/// <param name="Key">With 424: the key that reported the failure; absent if the deployment was declared failed.</param>
public sealed record ProblemBody(
    string Type,
    string Title,
    int Status,
    string Detail,
    string Message,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    IReadOnlyDictionary<string, string[]>? Errors = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Limit = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? LimitValue = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Source = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Key = null)
{
    public static ProblemBody Of(int status, string detail) =>
        new("about:blank", ReasonPhrases.GetReasonPhrase(status), status, detail, detail);

    public static ProblemBody BadInput(string field, string error) =>
        BadInput(new Dictionary<string, string[]> { [field] = [error] });

    public static ProblemBody BadInput(IReadOnlyDictionary<string, string[]> errors)
    {
        var detail = string.Join("; ", errors.Select(error => $"{error.Key}: {string.Join(", ", error.Value)}"));
        return Of(StatusCodes.Status400BadRequest, detail) with { Errors = errors };
    }
}
