using System.Text.Json;
using System.Text.Json.Serialization;

namespace Goterra.Core.Model;

/// <summary>
/// A text that must not appear in logs: its string representation is <c>***</c>. In JSON it is a plain string.
/// </summary>
[JsonConverter(typeof(SecretJsonConverter))]
public readonly record struct Secret(string Value)
{
    public static implicit operator Secret(string value) => new(value);

    /// <returns>Null if the text is null.</returns>
    public static Secret? From(string? value) => value is null ? (Secret?)null : new Secret(value);

    public override string ToString() => "***";
}

public sealed class SecretJsonConverter : JsonConverter<Secret>
{
    public override Secret Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String
            ? new Secret(reader.GetString() ?? "")
            : throw new JsonException("A string is expected.");

    public override void Write(Utf8JsonWriter writer, Secret value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Value);
}
