using Goterra.Core.Model;
using Goterra.Infrastructure.Encryption;

namespace Goterra.Tests.Unit.Encryption;

[Trait("Category", "Unit")]
public sealed class ValueCipherTests
{
    private const string Old = "the old secret, longer than 32 bytes...";
    private const string New = "the new secret, longer than 32 bytes...";

    private static readonly Place Here = new(DeploymentId.New(), "value", "key", "0123456789abcdef");

    [Fact]
    public void Open_Sealed_ReturnsPlaintext()
    {
        var cipher = new ValueCipher(new SecretRing(New, []));

        Assert.Equal("value"u8.ToArray(), cipher.Open(Here, cipher.Seal(Here, "value"u8)));
        Assert.Empty(cipher.Open(Here, cipher.Seal(Here, [])));
        Assert.NotEqual(cipher.Seal(Here, "value"u8), cipher.Seal(Here, "value"u8));
    }

    [Fact]
    public void Open_MovedToAnotherPlace_IsRefused()
    {
        var cipher = new ValueCipher(new SecretRing(New, []));
        var blob = cipher.Seal(Here, "value"u8);

        Place[] elsewhere =
        [
            Here with { Deployment = DeploymentId.New() },
            Here with { Field = "name" },
            Here with { Name = "other" },
            Here with { Mark = "fedcba9876543210" },
            Here with { Name = "key0", Mark = "123456789abcdef" },
        ];
        Assert.All(elsewhere, place => Assert.Throws<UnreadableValueException>(() => cipher.Open(place, blob)));
    }

    [Fact]
    public void Open_AnyBitChanged_IsRefused()
    {
        var cipher = new ValueCipher(new SecretRing(New, []));
        var blob = cipher.Seal(Here, "value"u8);

        for (var i = 0; i < blob.Length; i++)
        {
            var changed = (byte[])blob.Clone();
            changed[i] ^= 1;
            Assert.Throws<UnreadableValueException>(() => cipher.Open(Here, changed));
        }

        Assert.Throws<UnreadableValueException>(() => cipher.Open(Here, blob.AsSpan(0, 20)));
    }

    [Fact]
    public void Open_AfterRotation_DecryptsOldValues()
    {
        var blob = new ValueCipher(new SecretRing(Old, [])).Seal(Here, "value"u8);

        Assert.Equal(
            "value"u8.ToArray(),
            new ValueCipher(new SecretRing(New, [new PreviousSecret(Old, Verify: false)])).Open(Here, blob));
        Assert.Throws<UnreadableValueException>(() => new ValueCipher(new SecretRing(New, [])).Open(Here, blob));
    }
}
