namespace Goterra.Tests.Api;

/// <summary>Listings of many values, which are loaded and sent page by page.</summary>
[Trait("Category", "Api")]
public sealed class ListingTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private const int Count = 34;

    [Theory]
    [InlineData("")]
    [InlineData("?filter=log/&count=34&wait=1m")]
    public async Task Show_ManyLargeValues_ReturnsEachWithItsKey(string query)
    {
        var deployment = await fixture.Server.CreateAsync();
        for (var i = 0; i < Count; i++)
            await deployment.PutAsync($"log/{i:00}", new string((char)('a' + i % 26), 1_000_000 + i));

        var reply = await deployment.GetAsync(query);

        Assert.Equal(200, reply.Status);
        var keys = reply.Json.GetProperty("keys").EnumerateArray().ToList();
        Assert.Equal(
            Enumerable.Range(0, Count).Select(i => ($"log/{i:00}", 1_000_000 + i, "utf-8")),
            keys.Select(key => (
                key.GetProperty("key").GetString()!, key.GetProperty("size").GetInt32(),
                key.GetProperty("encoding").GetString()!)));
        var values = reply.Json.GetProperty("deployment");
        Assert.All(Enumerable.Range(0, Count), i => Assert.Equal(
            new string((char)('a' + i % 26), 1_000_000 + i), values.GetProperty($"log/{i:00}").GetString()));
        Assert.Equal("active", reply.Json.GetProperty("state").GetString());
    }

    [Fact]
    public async Task Show_TokenRevokedWhileAClientReads_BreaksOff()
    {
        var deployment = await fixture.Server.CreateAsync();
        for (var i = 0; i < Count; i++)
            await deployment.PutAsync($"log/{i:00}", new byte[1_000_000]);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/store/{deployment.Id}");
        request.Headers.Authorization = new("Bearer", deployment.Token);
        using var response = await fixture.Server.Client.SendAsync(
            request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(200, (int)response.StatusCode);

        Assert.Equal(200, (await deployment.PostAsync("revoke")).Status);

        // The buffers of a connection do not hold all of it.
        await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Show_ManyKeysWithoutValues_ReturnsEach()
    {
        var deployment = await fixture.Server.CreateAsync();
        var names = Enumerable.Range(0, 1_500).Select(i => $"{i:0000}/{new string('n', 500)}").ToList();
        await Parallel.ForEachAsync(names, async (name, _) => await deployment.PutAsync(name, ""));

        var reply = await deployment.GetAsync("?values=false");

        Assert.Equal(
            names, reply.Json.GetProperty("keys").EnumerateArray().Select(key => key.GetProperty("key").GetString()));
        Assert.False(reply.Json.TryGetProperty("deployment", out _));
    }

    // More than the buffers between server and client hold.
    [Fact]
    public async Task Show_DeploymentDeletedBetweenPages_BreaksOff()
    {
        var deployment = await fixture.Server.CreateAsync();
        for (var i = 0; i < 60; i++)
            await deployment.PutAsync($"log/{i}", new byte[1_000_000]);
        using var client = new HttpClient { BaseAddress = deployment.Server };
        client.DefaultRequestHeaders.Authorization = new("Bearer", deployment.Token);
        using var response = await client.GetAsync(
            $"/store/{deployment.Id}", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(200, (int)response.StatusCode);

        await deployment.DeleteAsync();

        await Assert.ThrowsAsync<HttpRequestException>(() => response.Content.ReadAsByteArrayAsync());
    }
}
