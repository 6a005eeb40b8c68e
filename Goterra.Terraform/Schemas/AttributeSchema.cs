using Goterra.Terraform.Values;

namespace Goterra.Terraform.Schemas;

/// <param name="Json">As in the protocol, such as `["list","string"]`.</param>
/// <param name="Name">For the documentation.</param>
internal sealed record AttributeType(string Json, string Name)
{
    public static readonly AttributeType Text = new("\"string\"", "String");
    public static readonly AttributeType Flag = new("\"bool\"", "Boolean");
    public static readonly AttributeType Number = new("\"number\"", "Number");
    public static readonly AttributeType Texts = new("""["list","string"]""", "List of String");
    public static readonly AttributeType TextMap = new("""["map","string"]""", "Map of String");

    /// <summary>A list of objects with these attributes.</summary>
    public static AttributeType Objects(params (string Name, AttributeType Type)[] attributes) =>
        new($"""["list",{ObjectJson(attributes)}]""", $"List of Object: {Names(attributes)}");

    /// <summary>A map of objects with these attributes.</summary>
    public static AttributeType ObjectMap(params (string Name, AttributeType Type)[] attributes) =>
        new($"""["map",{ObjectJson(attributes)}]""", $"Map of Object: {Names(attributes)}");

    private static string Names((string Name, AttributeType Type)[] attributes) =>
        string.Join(", ", attributes.Select(attribute => $"`{attribute.Name}`"));

    private static string ObjectJson((string Name, AttributeType Type)[] attributes) =>
        $$"""["object",{{{string.Join(',', attributes.Select(one => $"\"{one.Name}\":{one.Type.Json}"))}}}]""";
}

internal enum AttributeUse
{
    Required,
    Optional,

    /// <summary>Set by the provider.</summary>
    Computed,
}

/// <param name="Name">The name.</param>
/// <param name="Type">The type of the value.</param>
/// <param name="Use">Who sets it.</param>
/// <param name="Description">Markdown, for the documentation.</param>
internal sealed record AttributeSchema(string Name, AttributeType Type, AttributeUse Use, string Description)
{
    public bool IsSensitive { get; init; }

    /// <summary>Only in the configuration: neither in the plan nor in the state.</summary>
    public bool IsWriteOnly { get; init; }

    /// <summary>A change replaces the resource.</summary>
    public bool Replaces { get; init; }

    /// <summary>The value of an optional attribute that is not set.</summary>
    public TerraformValue? Default { get; init; }

    public static AttributeSchema Required(string name, AttributeType type, string description) =>
        new(name, type, AttributeUse.Required, description);

    public static AttributeSchema Optional(string name, AttributeType type, string description) =>
        new(name, type, AttributeUse.Optional, description);

    public static AttributeSchema Computed(string name, AttributeType type, string description) =>
        new(name, type, AttributeUse.Computed, description);
}

/// <param name="TypeName">Such as `goterra_value`; `goterra` for the provider.</param>
/// <param name="Description">Markdown, for the documentation.</param>
/// <param name="Attributes">In the order of the documentation.</param>
internal sealed record BlockSchema(string TypeName, string Description, IReadOnlyList<AttributeSchema> Attributes)
{
    public byte[] Write(ObjectValue? value) => MessagePackWriter.Write(
        value is null ? TerraformValue.Null : value.ToMap(Attributes.Select(attribute => attribute.Name)));
}
