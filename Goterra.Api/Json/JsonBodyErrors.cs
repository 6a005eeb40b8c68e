using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using Goterra.Core.Model;

namespace Goterra.Api.Json;

/// <summary>
/// Finds out why a JSON body was rejected. The messages of the parser are not used: they are not stable, and may repeat
/// parts of the body.
/// </summary>
internal static class JsonBodyErrors
{
    private const int MaxNameLength = 40;
    private const string MustBeString = "it must be a string";

    /// <param name="body">The body.</param>
    /// <param name="type">The type that it was to be read as.</param>
    /// <param name="exception">The parser's exception, for the position of a syntax error.</param>
    public static (string Field, string Error) Find(ReadOnlySpan<byte> body, JsonTypeInfo type, JsonException exception)
    {
        if (!Utf8.IsValid(body))
            return ("body", "must be valid UTF-8; it has bytes that are not, such as text in Latin-1");

        try
        {
            if (FindInObject(new Utf8JsonReader(body), type) is { } found)
                return found;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // A syntax error, or a string that is not valid UTF-16.
        }

        return ("body",
            $"must be a valid JSON object (line {exception.LineNumber + 1}, byte {exception.BytePositionInLine})");
    }

    private static (string Field, string Error)? FindInObject(Utf8JsonReader reader, JsonTypeInfo type)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return null;

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            if (!seen.Add(name))
                return ("body", $"duplicate property {Display(name)}".TrimEnd());

            var property = type.Properties.FirstOrDefault(
                known => string.Equals(known.Name, name, StringComparison.OrdinalIgnoreCase));
            if (property is null && type.UnmappedMemberHandling == JsonUnmappedMemberHandling.Disallow)
                return ("body", $"unknown property {Display(name)}".TrimEnd());

            reader.Read();
            if (property is not null && FindInValue(ref reader, property) is { } found)
                return found;
            reader.Skip();
        }

        return null;
    }

    private static (string Field, string Error)? FindInValue(ref Utf8JsonReader reader, JsonPropertyInfo property)
    {
        if (reader.TokenType == JsonTokenType.Null)
            return null;
        if (property.PropertyType == typeof(string) || property.PropertyType == typeof(Secret?))
            return reader.TokenType == JsonTokenType.String ? null : (property.Name, MustBeString);
        if (property.PropertyType == typeof(bool?))
        {
            return reader.TokenType is JsonTokenType.True or JsonTokenType.False
                ? null
                : (property.Name, "it must be true or false");
        }

        if (reader.TokenType != JsonTokenType.StartArray)
            return (property.Name, "it must be a list of strings");

        for (var i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
        {
            if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Null))
                return ($"{property.Name}[{i}]", MustBeString);
        }

        return null;
    }

    // Only what looks like a name, and not like a value in the wrong place.
    private static string Display(string name) =>
        name.Length <= MaxNameLength
            && name.All(character => char.IsAsciiLetterOrDigit(character) || character is '_' or '-')
            ? $"'{name}' "
            : "";
}
