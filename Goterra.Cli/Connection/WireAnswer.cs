using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Goterra.Cli.Connection;

/// <summary>Reads answers, of which nothing is certain.</summary>
internal static class WireAnswer
{
    /// <summary>Null where it isn't JSON of that shape.</summary>
    public static T? Read<T>(byte[] body, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(body, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Whether it may be a token or a ticket: one word that goes into a header, a line, and a shell's variable as it is.</summary>
    public static bool IsSecret(string? text) => text is { Length: > 0 } && text.All(character => character is > ' ' and < (char)127);
}
