using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Goterra.Terraform.Values;

/// <summary>Writes a value as MessagePack (msgpack.org), in the forms that Terraform reads.</summary>
internal static class MessagePackWriter
{
    public static byte[] Write(TerraformValue value)
    {
        var output = new ArrayBufferWriter<byte>();
        Write(output, value);
        return output.WrittenSpan.ToArray();
    }

    private static void Write(ArrayBufferWriter<byte> output, TerraformValue value)
    {
        switch (value)
        {
            case { IsUnknown: true }:
                output.Write<byte>([0xd4, 0, 0]); // extension of one byte, type 0
                break;
            case TextValue text:
                WriteText(output, text.Text);
                break;
            case FlagValue flag:
                output.Write<byte>([flag.Flag ? (byte)0xc3 : (byte)0xc2]);
                break;
            case NumberValue number:
                WriteHeader(output, 0xd3, (ulong)number.Number, 8);
                break;
            case BinaryValue binary:
                WriteHeader(output, 0xc6, (ulong)binary.Bytes.Length, 4);
                output.Write(binary.Bytes.Span);
                break;
            case ListValue list:
                WriteHeader(output, 0xdd, (ulong)list.Items.Count, 4);
                foreach (var item in list.Items)
                    Write(output, item);
                break;
            case MapValue map:
                WriteHeader(output, 0xdf, (ulong)map.Entries.Count, 4);
                foreach (var (key, item) in map.Entries.OrderBy(entry => entry.Key, StringComparer.Ordinal))
                {
                    WriteText(output, key);
                    Write(output, item);
                }

                break;
            default:
                output.Write<byte>([0xc0]);
                break;
        }
    }

    private static void WriteText(ArrayBufferWriter<byte> output, string text)
    {
        WriteHeader(output, 0xdb, (ulong)Encoding.UTF8.GetByteCount(text), 4);
        Encoding.UTF8.GetBytes(text, output);
    }

    private static void WriteHeader(ArrayBufferWriter<byte> output, byte code, ulong number, int size)
    {
        Span<byte> header = stackalloc byte[9];
        header[0] = code;
        BinaryPrimitives.WriteUInt64BigEndian(header[1..], number << (64 - (8 * size)));
        output.Write((ReadOnlySpan<byte>)header[..(1 + size)]);
    }
}
