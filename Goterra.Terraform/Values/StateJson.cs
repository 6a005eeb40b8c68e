using System.Text.Json;

namespace Goterra.Terraform.Values;

/// <summary>Reads the JSON in which Terraform stores a resource in the state.</summary>
internal static class StateJson
{
    /// <exception cref="JsonException">It is not JSON.</exception>
    public static TerraformValue Read(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        return From(document.RootElement);
    }

    private static TerraformValue From(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => TerraformValue.From(element.GetString()),
        JsonValueKind.True => TerraformValue.From(true),
        JsonValueKind.False => TerraformValue.From(false),
        JsonValueKind.Number => element.TryGetInt64(out var number)
            ? TerraformValue.From(number)
            : TerraformValue.From(element.GetRawText()),
        JsonValueKind.Array => new ListValue([.. element.EnumerateArray().Select(From)]),
        JsonValueKind.Object => new MapValue(
            element.EnumerateObject().ToDictionary(property => property.Name, property => From(property.Value))),
        _ => TerraformValue.Null,
    };
}
