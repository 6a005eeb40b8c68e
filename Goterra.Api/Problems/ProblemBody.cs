using System.Text.Json.Serialization;

namespace Goterra.Api.Problems;

/// <summary>Why a request failed (RFC 9457), with the same sentence once more in <c>message</c> for clients of the original system.</summary>
/// <param name="Type">Always <c>about:blank</c>: the status tells what kind of problem it is.</param>
/// <param name="Title">The name of the status.</param>
/// <param name="Status">The status code of the answer.</param>
/// <param name="Detail">What is wrong, and what would be right.</param>
/// <param name="Message">The same as <c>detail</c>.</param>
/// <param name="Errors">With 400: what is wrong with which part of the request; never the value itself.</param>
/// <param name="Limit">With 413 and 429: the limit that was hit, by its name in the configuration.</param>
/// <param name="LimitValue">With 413 and 429: that limit's value.</param>
/// <param name="Reason">With 424: what whoever failed said.</param>
/// <param name="Key">With 424: the key under which a machine said so; left out where the whole deployment was declared failed.</param>
public sealed record ProblemBody(
    string Type,
    string Title,
    int Status,
    string Detail,
    string Message,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, string[]>? Errors = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Limit = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? LimitValue = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Key = null)
{
    public static ProblemBody Of(int status, string detail) =>
        new("about:blank", Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status), status, detail, detail);

    public static ProblemBody BadInput(string field, string error) =>
        BadInput(new Dictionary<string, string[]> { [field] = [error] });

    public static ProblemBody BadInput(IReadOnlyDictionary<string, string[]> errors) =>
        Of(StatusCodes.Status400BadRequest, string.Join("; ", errors.Select(error => $"{error.Key}: {string.Join(", ", error.Value)}"))) with { Errors = errors };
}
