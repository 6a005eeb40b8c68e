extern alias terraform;
using CsCheck;
using terraform::Goterra.Terraform.Values;

namespace Goterra.Tests.Unit.Terraform;

[Trait("Category", "Unit")]
public sealed class MessagePackTests
{
    private static readonly Gen<TerraformValue> Leaves = Gen.OneOf(
        Gen.Const(TerraformValue.Null),
        Gen.Const(TerraformValue.Unknown),
        Gen.Bool.Select(TerraformValue.From),
        Gen.Long.Select(TerraformValue.From),
        Gen.String.Select(text => TerraformValue.From(WithoutLoneSurrogates(text))),
        Gen.Byte.Array.Select(bytes => (TerraformValue)new BinaryValue(bytes)));

    private static readonly Gen<TerraformValue> Values = Gen.Recursive<TerraformValue>((depth, inner) => depth == 4
        ? Leaves
        : Gen.OneOf(
            Leaves,
            inner.List[0, 20].Select(items => (TerraformValue)new ListValue(items)),
            Gen.Dictionary(Gen.String.Select(WithoutLoneSurrogates), inner)[0, 20]
                .Select(entries => (TerraformValue)new MapValue(entries))));

    [Fact]
    public void Read_WhatWasWritten_IsTheSame() =>
        Values.Sample(value => MessagePackReader.Read(MessagePackWriter.Write(value)).Equals(value));

    [Fact]
    public void Read_AnyBytes_IsAValueOrAFormatException() => Gen.Byte.Array[0, 200].Sample(bytes =>
    {
        try
        {
            MessagePackReader.Read(bytes);
        }
        catch (FormatException)
        {
            // Expected for most.
        }
    });

    [Theory]
    [InlineData("c0", null)]
    [InlineData("07", 7L)]
    [InlineData("ff", -1L)]
    [InlineData("cc80", 128L)]
    [InlineData("cd0100", 256L)]
    [InlineData("ce00010000", 65_536L)]
    [InlineData("cf0000000100000000", 4_294_967_296L)]
    [InlineData("d080", -128L)]
    [InlineData("d1ff00", -256L)]
    [InlineData("d2ffff0000", -65_536L)]
    [InlineData("cb4008000000000000", 3L)]
    [InlineData("cb3ff8000000000000", "1.5")]
    [InlineData("cfffffffffffffffff", "18446744073709551615")]
    [InlineData("a161", "a")]
    [InlineData("d90161", "a")]
    [InlineData("da000161", "a")]
    public void Read_EachForm_IsTheValue(string hex, object? expected) => Assert.Equal(
        expected switch
        {
            long number => TerraformValue.From(number),
            string text => TerraformValue.From(text),
            _ => TerraformValue.Null,
        },
        MessagePackReader.Read(Convert.FromHexString(hex)));

    // Of one byte; of none; what is known of it follows (a null range of strings).
    [Theory]
    [InlineData("d40000")]
    [InlineData("c70000")]
    [InlineData("c7030c8101c2")]
    public void Read_AnExtension_IsUnknown(string hex) =>
        Assert.True(MessagePackReader.Read(Convert.FromHexString(hex)).IsUnknown);

    [Theory]
    [InlineData("")]
    [InlineData("c0c0")]
    [InlineData("ddffffffff")]
    [InlineData("dfffffffff")]
    [InlineData("dbffffffff")]
    [InlineData("8101c0")]
    [InlineData("82a161c0a161c0")]
    public void Read_Malformed_IsAFormatException(string hex) =>
        Assert.Throws<FormatException>(() => MessagePackReader.Read(Convert.FromHexString(hex)));

    [Fact]
    public void Read_TooDeep_IsAFormatException() => Assert.Throws<FormatException>(
        () => MessagePackReader.Read([.. Enumerable.Repeat((byte)0x91, 100_000), 0xc0]));

    private static string WithoutLoneSurrogates(string text) =>
        string.Concat(text.Where(character => !char.IsSurrogate(character)));
}
