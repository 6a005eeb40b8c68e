namespace Goterra.Terraform.Values;

/// <summary>A value of Terraform's type system. Does not print itself: it may be a secret.</summary>
internal abstract record TerraformValue
{
    public static readonly TerraformValue Null = new NullValue();
    public static readonly TerraformValue Unknown = new UnknownValue();

    public bool IsNull => this is NullValue;

    public bool IsUnknown => this is UnknownValue;

    public static TerraformValue From(string? text) => text is null ? Null : new TextValue(text);

    public static TerraformValue From(bool flag) => new FlagValue(flag);

    public static TerraformValue From(long number) => new NumberValue(number);

    public static TerraformValue From(IEnumerable<string> texts) => new ListValue([.. texts.Select(From)]);

    public static TerraformValue From(IEnumerable<KeyValuePair<string, string>> map) =>
        new MapValue(map.ToDictionary(entry => entry.Key, entry => From(entry.Value)));

    public sealed override string ToString() => GetType().Name;

    private sealed record NullValue : TerraformValue;

    private sealed record UnknownValue : TerraformValue;
}

internal sealed record TextValue(string Text) : TerraformValue;

internal sealed record FlagValue(bool Flag) : TerraformValue;

/// <summary>Numbers with a fraction or of more than 64 bits are texts: <see cref="TextValue"/>.</summary>
internal sealed record NumberValue(long Number) : TerraformValue;

/// <summary>The JSON of a type, which precedes a value of dynamic type.</summary>
internal sealed record BinaryValue(ReadOnlyMemory<byte> Bytes) : TerraformValue
{
    public bool Equals(BinaryValue? other) => other is not null && Bytes.Span.SequenceEqual(other.Bytes.Span);

    public override int GetHashCode() => Bytes.Length;
}

/// <summary>A list, a set or a tuple.</summary>
internal sealed record ListValue(IReadOnlyList<TerraformValue> Items) : TerraformValue
{
    public bool Equals(ListValue? other) => other is not null && Items.SequenceEqual(other.Items);

    public override int GetHashCode() => Items.Count;
}

/// <summary>A map or an object.</summary>
internal sealed record MapValue(IReadOnlyDictionary<string, TerraformValue> Entries) : TerraformValue
{
    public bool Equals(MapValue? other) => other is not null && Entries.Count == other.Entries.Count
        && Entries.All(entry => other.Entries.TryGetValue(entry.Key, out var value) && value.Equals(entry.Value));

    public override int GetHashCode() => Entries.Count;
}
