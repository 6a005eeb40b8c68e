using System.Text;
using Goterra.Core.Model;

namespace Goterra.Tests.Unit.Deployments;

[Trait("Category", "Unit")]
public sealed class NamesTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("nodes/worker-1/address")]
    [InlineData("..hidden")]
    [InlineData("a..b/c.d")]
    [InlineData(" with blanks ")]
    [InlineData("%2F")]
    [InlineData("grüße-日本-😀")]
    public void ValueKey_Legal_IsTakenAsItIs(string text)
    {
        Assert.True(ValueKey.TryParse(text, out var key, out _));
        Assert.Equal(text, key.Text);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("/a", "'/'")]
    [InlineData("a/", "'/'")]
    [InlineData("a//b", "'//'")]
    [InlineData(".", "'.'")]
    [InlineData("a/../b", "'..'")]
    [InlineData("a\nb", "control")]
    [InlineData("a\u0000", "control")]
    [InlineData("a\u202Eb", "bidi")]
    [InlineData("a\u200Bb", "format")]
    [InlineData("a\u2028b", "line breaks")]
    [InlineData("a\uD800b", "UTF-8")]
    public void ValueKey_Illegal_IsRefusedWithTheRule(string text, string rule)
    {
        Assert.False(ValueKey.TryParse(text, out _, out var error));
        Assert.Contains(rule, error, StringComparison.Ordinal);
    }

    [Fact]
    public void ValueKey_Length_CountsBytesNotCharacters()
    {
        Assert.True(ValueKey.TryParse(new string('a', 512), out _, out _));
        Assert.False(ValueKey.TryParse(new string('a', 513), out _, out _));
        Assert.True(ValueKey.TryParse(new string('ä', 256), out _, out _));
        Assert.False(ValueKey.TryParse(new string('ä', 257), out _, out _));
    }

    [Fact]
    public void ValueKey_BytesThatAreNotUtf8_AreRefused()
    {
        Assert.False(ValueKey.TryParse([0x61, 0xFF], out _, out var error));
        Assert.Contains("UTF-8", error, StringComparison.Ordinal);
        Assert.True(ValueKey.TryParse(Encoding.UTF8.GetBytes("ä"), out var key, out _));
        Assert.Equal("ä", key.Text);
    }

    [Theory]
    [InlineData("90s", 90)]
    [InlineData("30m", 1800)]
    [InlineData("24h", 86400)]
    [InlineData("7d", 604800)]
    [InlineData("15", 15)]
    [InlineData("0", 0)]
    public void Duration_Legal_IsRead(string text, int seconds)
    {
        Assert.True(Duration.TryParse(text, out var duration));
        Assert.Equal(seconds, duration.TotalSeconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("-5m")]
    [InlineData("1.5h")]
    [InlineData("m")]
    [InlineData("1w")]
    [InlineData("1 h")]
    [InlineData("+1")]
    [InlineData("99999999999999999999")]
    [InlineData("9223372036854775807d")]
    public void Duration_Nonsense_IsRefused(string text) => Assert.False(Duration.TryParse(text, out _));

    [Fact]
    public void DeploymentId_New_IsARandomUuidOfVersion4()
    {
        var ids = Enumerable.Range(0, 1000).Select(_ => DeploymentId.New().ToString()).ToList();

        Assert.All(
            ids, id => Assert.Matches("^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", id));
        Assert.Equal(1000, ids.Distinct().Count());
    }
}
