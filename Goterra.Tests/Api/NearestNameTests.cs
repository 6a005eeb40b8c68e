namespace Goterra.Tests.Api;

/// <summary>A wait that ends without its key names the existing key that was perhaps meant.</summary>
[Trait("Category", "Api")]
public sealed class NearestNameTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [Theory]
    [InlineData("join_tokn?wait=1", "Key not found. The nearest existing key is 'join_token'.")]
    [InlineData("join_tokn", "Key not found.")]
    [InlineData("quite/another?wait=1", "Key not found.")]
    [InlineData("?filter=node/&count=2&wait=1", "0 of 2 keys exist. The nearest existing prefix is 'nodes/'.")]
    [InlineData("?filter=nodes/&count=2&wait=1", "1 of 2 keys exist.")]
    public async Task Get_NotStoredInTime_NamesTheNearest(string target, string detail)
    {
        var deployment = await fixture.Server.CreateAsync();
        await deployment.PutAsync("join_token", "t");
        await deployment.PutAsync("nodes/a", "1");

        var reply = await deployment.GetAsync(target);

        Assert.Equal((404, detail), (reply.Status, reply.Detail));
    }

    [Fact]
    public async Task Get_NarrowedToken_LearnsNoKeyThatItMayNotRead()
    {
        var deployment = await fixture.Server.CreateAsync();
        await deployment.PutAsync("join_token", "t");
        var narrow = (await deployment.PostAsync("token", """{"read":["join_tokn"]}"""))
            .Json.GetProperty("token").GetString()!;

        var reply = await fixture.Server.Open(deployment.Id, narrow).GetAsync("join_tokn?wait=1");

        Assert.Equal((404, "Key not found."), (reply.Status, reply.Detail));
    }
}
