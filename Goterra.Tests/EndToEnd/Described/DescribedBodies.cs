using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;

namespace Goterra.Tests.EndToEnd.Described;

/// <summary>Bodies for a schema of the document: what it asks for, and what it does not.</summary>
internal sealed class DescribedBodies(JsonElement schemas)
{
    private static readonly Gen<string> Scalars = Gen.OneOf(
        HostileText.Any.Select(Quote), Gen.OneOf(
            "null", "true", "false", "0", "-1", "1e400", "123456789012345678901234567890", "[]", "{}", "[null]",
            "[[\"a\"]]",
            "{\"a\":1}", "\"\\ud800\"", "\"\\u0000\"", "\"\\u202e\"", "NaN", "\"1h\"", "[\"a/*\"]", "[\"a\",\"a\"]"));

    /// <summary>A JSON body, often damaged.</summary>
    public Gen<byte[]> Of(JsonElement schema)
    {
        if (schema.TryGetProperty("$ref", out var reference))
            schema = schemas.GetProperty(reference.GetString()!.Split('/')[^1]);
        if (!schema.TryGetProperty("properties", out var properties))
            return Gen.OneOf(HostileText.Any.Select(Encoding.UTF8.GetBytes), Gen.Byte.Array[0, 300]);
        var members = Gen.OneOf(properties.EnumerateObject().Select(Member)
            .Append(Scalars.Select(value => $"\"unknown\":{value}")).ToArray());
        return from parts in members.Array[0, properties.EnumerateObject().Count() + 1]
               from damage in Gen.Int[0, 14]
               from at in Gen.Int[0, 1_000]
               select Damaged($"{{{string.Join(',', parts)}}}", damage, at);
    }

    private static Gen<string> Member(JsonProperty property) => Gen.Frequency(
        (3, Plausible(property).Select(value => $"{Quote(property.Name)}:{value}")),
        (1, Scalars.Select(value => $"{Quote(property.Name)}:{value}")));

    private static Gen<string> Plausible(JsonProperty property) => property.Name switch
    {
        "ttl" => Gen.OneOf("\"1h\"", "\"90s\"", "3600", "\"3650d\""),
        "key" => Gen.OneOf("\"a/b\"", "\"new\""),
        "ticket" => Gen.Const($"\"{Placeholders.Ticket}\""),
        "read" or "write" => Gen.OneOf("[\"a/*\"]", "[\"a/b\",\"new\"]", "[\"*\"]"),
        _ => property.Value.TryGetProperty("type", out var type) && type.GetString() == "boolean"
            ? Gen.OneOf("true", "false")
            : HostileText.Any.Select(Quote),
    };

    private static byte[] Damaged(string json, int damage, int at)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        var index = at % bytes.Length;
        return damage switch
        {
            0 => bytes[..index],
            1 => [0xEF, 0xBB, 0xBF, .. bytes],
            2 => [.. bytes[..index], 0xFF, .. bytes[index..]],
            3 => [.. bytes, .. bytes],
            4 => Encoding.UTF8.GetBytes(new string('[', 500) + HostileText.Canary),
            5 => Encoding.Unicode.GetBytes(json),
            6 => [.. bytes[..index], 0, .. bytes[index..]],
            _ => bytes,
        };
    }

    private static string Quote(string text) => JsonValue.Create(text).ToJsonString();
}
