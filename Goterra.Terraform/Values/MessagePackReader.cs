using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Goterra.Terraform.Values;

/// <summary>
/// Reads a value from MessagePack (msgpack.org). Every extension type is an unknown value: Terraform uses type 0, and
/// 12 for those of which it knows something.
/// </summary>
internal ref struct MessagePackReader
{
    private const int MaxDepth = 64;

    private ReadOnlySpan<byte> _rest;
    private int _depth;

    private MessagePackReader(ReadOnlySpan<byte> bytes) => _rest = bytes;

    /// <exception cref="FormatException">The bytes are not one value.</exception>
    public static TerraformValue Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new MessagePackReader(bytes);
        var value = reader.ReadValue();
        return reader._rest.IsEmpty ? value : throw Malformed();
    }

    private TerraformValue ReadValue()
    {
        var code = Take(1)[0];
        return code switch
        {
            <= 0x7f => TerraformValue.From(code),
            <= 0x8f => ReadMap(code & 0x0f),
            <= 0x9f => ReadList(code & 0x0f),
            <= 0xbf => ReadText(code & 0x1f),
            0xc0 => TerraformValue.Null,
            0xc2 => TerraformValue.From(false),
            0xc3 => TerraformValue.From(true),
            0xc4 or 0xc5 or 0xc6 => new BinaryValue(Take(ReadLength(1 << (code - 0xc4))).ToArray()),
            0xc7 or 0xc8 or 0xc9 => SkipExtension(ReadLength(1 << (code - 0xc7))),
            0xca => Number(BinaryPrimitives.ReadSingleBigEndian(Take(4))),
            0xcb => Number(BinaryPrimitives.ReadDoubleBigEndian(Take(8))),
            0xcc => TerraformValue.From(Take(1)[0]),
            0xcd => TerraformValue.From(BinaryPrimitives.ReadUInt16BigEndian(Take(2))),
            0xce => TerraformValue.From(BinaryPrimitives.ReadUInt32BigEndian(Take(4))),
            0xcf => Number(BinaryPrimitives.ReadUInt64BigEndian(Take(8))),
            0xd0 => TerraformValue.From((sbyte)Take(1)[0]),
            0xd1 => TerraformValue.From(BinaryPrimitives.ReadInt16BigEndian(Take(2))),
            0xd2 => TerraformValue.From(BinaryPrimitives.ReadInt32BigEndian(Take(4))),
            0xd3 => TerraformValue.From(BinaryPrimitives.ReadInt64BigEndian(Take(8))),
            >= 0xd4 and <= 0xd8 => SkipExtension(1 << (code - 0xd4)),
            0xd9 or 0xda or 0xdb => ReadText(ReadLength(1 << (code - 0xd9))),
            0xdc or 0xdd => ReadList(ReadLength(2 << (code - 0xdc))),
            0xde or 0xdf => ReadMap(ReadLength(2 << (code - 0xde))),
            >= 0xe0 => TerraformValue.From((sbyte)code),
            _ => throw Malformed(),
        };
    }

    private ListValue ReadList(int count)
    {
        Enter(count);
        var items = new TerraformValue[count];
        for (var i = 0; i < count; i++)
            items[i] = ReadValue();
        _depth--;
        return new ListValue(items);
    }

    private MapValue ReadMap(int count)
    {
        Enter(count);
        var entries = new Dictionary<string, TerraformValue>(count, StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            if (ReadValue() is not TextValue key || !entries.TryAdd(key.Text, ReadValue()))
                throw Malformed();
        }

        _depth--;
        return new MapValue(entries);
    }

    // Each item takes at least a byte: a forged count allocates nothing.
    private void Enter(int count)
    {
        if (count > _rest.Length || ++_depth > MaxDepth)
            throw Malformed();
    }

    private TextValue ReadText(int length) => new(Encoding.UTF8.GetString(Take(length)));

    private TerraformValue SkipExtension(int length)
    {
        _ = Take(1 + length);
        return TerraformValue.Unknown;
    }

    private int ReadLength(int size)
    {
        var bytes = Take(size);
        var length = size switch
        {
            1 => bytes[0],
            2 => BinaryPrimitives.ReadUInt16BigEndian(bytes),
            _ => BinaryPrimitives.ReadUInt32BigEndian(bytes),
        };
        return length <= int.MaxValue - 1 ? (int)length : throw Malformed();
    }

    private static TerraformValue Number(double number) =>
        double.IsInteger(number) && Math.Abs(number) < 1L << 53
            ? TerraformValue.From((long)number)
            : TerraformValue.From(number.ToString("R", CultureInfo.InvariantCulture));

    private static TerraformValue Number(ulong number) => number <= long.MaxValue
        ? TerraformValue.From((long)number)
        : TerraformValue.From(number.ToString(CultureInfo.InvariantCulture));

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
            throw Malformed();
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    private static FormatException Malformed() => new("The value is not MessagePack as Terraform writes it.");
}
