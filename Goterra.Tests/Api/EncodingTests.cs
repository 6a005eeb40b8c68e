namespace Goterra.Tests.Api;

/// <summary>Values in JSON: text, binary, base64.</summary>
[Trait("Category", "Api")]
public sealed class EncodingTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private static readonly byte[] Binary = [0xFF, 0x00, (byte)'a', 0xC3];

    [Fact]
    public async Task Get_BinaryValue_SaysSoAndReturnsTheBytesAsBase64OnRequest()
    {
        var deployment = await fixture.Server.CreateAsync();
        await deployment.PutAsync("k", Binary);

        var text = (await deployment.GetAsync("k")).Json;
        var encoded = (await deployment.GetAsync("k?encoding=base64")).Json;

        Assert.Equal(
            ("binary", "\uFFFD\0a\uFFFD"),
            (text.GetProperty("encoding").GetString(), text.GetProperty("value").GetString()));
        Assert.Equal("base64", encoded.GetProperty("encoding").GetString());
        Assert.Equal(Binary, encoded.GetProperty("value").GetBytesFromBase64());
    }

    [Fact]
    public async Task Get_Text_IsUtf8()
    {
        var deployment = await fixture.Server.CreateAsync();
        await deployment.PutAsync("k", "gr\u00FC\u00DFe");

        var reply = (await deployment.GetAsync("k")).Json;

        Assert.Equal(
            ("utf-8", "gr\u00FC\u00DFe"),
            (reply.GetProperty("encoding").GetString(), reply.GetProperty("value").GetString()));
    }

    [Theory]
    [InlineData("", "utf-8 binary")]
    [InlineData("?encoding=base64", "base64 base64")]
    [InlineData("?filter=&count=2&encoding=base64", "base64 base64")]
    public async Task Show_EachKey_HasItsEncoding(string query, string encodings)
    {
        var deployment = await fixture.Server.CreateAsync();
        await deployment.PutAsync("a", "text");
        await deployment.PutAsync("b", Binary);

        var listing = (await deployment.GetAsync(query)).Json;

        Assert.Equal(encodings, string.Join(
            ' ', listing.GetProperty("keys").EnumerateArray().Select(key => key.GetProperty("encoding").GetString())));
        if (query.Length > 0)
            Assert.Equal(Binary, listing.GetProperty("deployment").GetProperty("b").GetBytesFromBase64());
    }

    [Fact]
    public async Task Show_WithoutValues_HasNoEncoding()
    {
        var deployment = await fixture.Server.CreateAsync();
        await deployment.PutAsync("a", "text");

        var listing = (await deployment.GetAsync("?values=false")).Json;

        Assert.False(listing.GetProperty("keys")[0].TryGetProperty("encoding", out _));
    }

    [Theory]
    [InlineData("?encoding=hex")]
    [InlineData("k?encoding=")]
    public async Task Get_UnknownEncoding_Is400(string target)
    {
        var deployment = await fixture.Server.CreateAsync();

        var reply = await deployment.GetAsync(target);

        Assert.Equal(400, reply.Status);
        Assert.Contains("base64", reply.Detail, StringComparison.Ordinal);
    }
}
