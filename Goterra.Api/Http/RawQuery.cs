using System.Globalization;
using System.Text.Unicode;
using Goterra.Core.Model;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.WebUtilities;

namespace Goterra.Api.Http;

/// <summary>
/// The query as it came over the wire. The server leaves what is no UTF-8 encoded (<c>%FF</c>), and so takes it for
/// literal text.
/// </summary>
internal static class RawQuery
{
    /// <returns>Null if the parameter is absent or, with an error, given more than once.</returns>
    public static string? ReadText(HttpRequest request, string name, ModelStateDictionary errors)
    {
        var values = request.Query[name];
        if (values.Count > 1)
            errors.TryAddModelError(name, "must not be repeated");
        return values.Count == 1 ? values[0] : null;
    }

    /// <returns>Null if the parameter is absent or, with an error, invalid.</returns>
    public static KeyPrefix? ReadPrefix(HttpRequest request, string name, ModelStateDictionary errors)
    {
        if (ReadText(request, name, errors) is not { } text)
            return null;

        var error = "a prefix is percent-encoded UTF-8; write %25 for the percent sign itself";
        if (IsUtf8(request, name) && KeyPrefix.TryParse(text, out var prefix, out error))
            return prefix;
        errors.TryAddModelError(name, error);
        return null;
    }

    /// <returns>Null if the parameter is absent or, with an error, not a number from 1 to the maximum.</returns>
    public static int? ReadNumber(HttpRequest request, string name, int maximum, ModelStateDictionary errors)
    {
        if (ReadText(request, name, errors) is not { } text)
            return null;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= 1 && number <= maximum)
            return number;
        errors.TryAddModelError(name, string.Create(
            CultureInfo.InvariantCulture, $"must be an integer from 1 to {maximum}"));
        return null;
    }

    /// <returns>Null if the parameter is absent or empty or, with an error, neither true nor false.</returns>
    public static bool? ReadFlag(HttpRequest request, string name, ModelStateDictionary errors)
    {
        if (ReadText(request, name, errors) is not { Length: > 0 } text)
            return null;
        if (bool.TryParse(text, out var flag))
            return flag;
        errors.TryAddModelError(name, "must be true or false");
        return null;
    }

    // Whether all values of the parameter are percent-encoded UTF-8.
    private static bool IsUtf8(HttpRequest request, string name)
    {
        foreach (var pair in new QueryStringEnumerable(request.QueryString.Value))
        {
            if (pair.DecodeName().Span.Equals(
                name, StringComparison.OrdinalIgnoreCase) && !IsUtf8(pair.EncodedValue.Span))
                return false;
        }

        return true;
    }

    private static bool IsUtf8(ReadOnlySpan<char> encoded) =>
        !encoded.Contains('%') || (RequestPath.TryDecode(encoded.ToString(), out var utf8) && Utf8.IsValid(utf8));
}
