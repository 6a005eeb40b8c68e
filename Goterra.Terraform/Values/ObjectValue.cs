using System.Globalization;

namespace Goterra.Terraform.Values;

/// <summary>The attributes of a resource, a data source or the provider: a configuration, a plan or a state.</summary>
internal sealed class ObjectValue
{
    private readonly Dictionary<string, TerraformValue> _attributes;

    public ObjectValue()
        : this([])
    {
    }

    private ObjectValue(Dictionary<string, TerraformValue> attributes) => _attributes = attributes;

    /// <summary>Null if the attribute is not set.</summary>
    public TerraformValue this[string name]
    {
        get => _attributes.GetValueOrDefault(name, TerraformValue.Null);
        set => _attributes[name] = value;
    }

    /// <summary>Returns null for a null value: a resource that does not exist.</summary>
    /// <exception cref="FormatException">It is not an object.</exception>
    public static ObjectValue? From(TerraformValue value) => value switch
    {
        MapValue map => new ObjectValue(new(map.Entries, StringComparer.Ordinal)),
        { IsNull: true } => null,
        _ => throw new FormatException("The value is not an object."),
    };

    /// <summary>Returns null for a null value.</summary>
    /// <exception cref="FormatException">It is not an object in MessagePack.</exception>
    public static ObjectValue? Read(ReadOnlySpan<byte> messagePack) => From(MessagePackReader.Read(messagePack));

    public ObjectValue Copy() => new(new(_attributes, StringComparer.Ordinal));

    /// <summary>With exactly these attributes: Terraform requires all of them, and no other.</summary>
    public MapValue ToMap(IEnumerable<string> names) => new(names.ToDictionary(name => name, name => this[name]));

    public string? Text(string name) => (this[name] as TextValue)?.Text;

    public bool Flag(string name) => this[name] is FlagValue { Flag: true };

    public long? Number(string name) => this[name] switch
    {
        NumberValue number => number.Number,
        TextValue text when long.TryParse(text.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) =>
            number,
        _ => null,
    };

    /// <summary>Without elements that are not known. Null if the list is not set, or not known.</summary>
    public IReadOnlyList<string>? Texts(string name) =>
        (this[name] as ListValue)?.Items.OfType<TextValue>().Select(text => text.Text).ToList();

    /// <summary>Ordered by key; null if the map is not set, or not known.</summary>
    public IReadOnlyList<KeyValuePair<string, string>>? Map(string name) => (this[name] as MapValue)?.Entries
        .OrderBy(entry => entry.Key, StringComparer.Ordinal)
        .Select(entry => KeyValuePair.Create(entry.Key, (entry.Value as TextValue)?.Text ?? ""))
        .ToList();

    public bool IsSet(string name) => !this[name].IsNull;

    public bool IsUnknown(string name) => this[name].IsUnknown;
}
