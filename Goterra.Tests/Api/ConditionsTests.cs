namespace Goterra.Tests.Api;

[Trait("Category", "Api")]
public sealed class ConditionsTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [Fact]
    public async Task Put_IfNoneMatchStar_OneOfManyWins()
    {
        var deployment = await fixture.Server.CreateAsync();

        var replies = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(i => deployment.PutAsync("lock", $"{i}", ("If-None-Match", "*"))));

        var winner = Assert.Single(replies, reply => reply.Status == 200);
        Assert.All(replies.Except([winner]), loser => Assert.Equal((412, winner.ETag), (loser.Status, loser.ETag)));
        Assert.Equal(
            Array.IndexOf(replies, winner).ToString(System.Globalization.CultureInfo.InvariantCulture),
            (await deployment.GetAsync("lock?raw")).Text);
    }

    [Fact]
    public async Task Put_IfMatch_ChangesOnlyWhatItKnows()
    {
        var deployment = await fixture.Server.CreateAsync();
        var first = await deployment.PutAsync("k", "1");
        var second = await deployment.PutAsync("k", "2", ("If-Match", first.ETag!));

        Assert.Equal(200, second.Status);
        Assert.Equal(412, (await deployment.PutAsync("k", "3", ("If-Match", first.ETag!))).Status);
        Assert.Equal(412, (await deployment.PutAsync("k", "3", ("If-Match", "W/" + second.ETag))).Status);
        Assert.Equal(412, (await deployment.PutAsync("k", "3", ("If-Match", "\"foreign\""))).Status);
        Assert.Equal(200, (await deployment.PutAsync("k", "3", ("If-Match", $"\"other\", {second.ETag}"))).Status);
        Assert.Equal(200, (await deployment.PutAsync("k", "4", ("If-Match", "*"))).Status);
        Assert.Equal(412, (await deployment.PutAsync("absent", "1", ("If-Match", "*"))).Status);
        Assert.Equal("4", (await deployment.GetAsync("k?raw")).Text);
    }

    [Fact]
    public async Task PutDeployment_Conditions_HoldInJsonBodiesToo()
    {
        var deployment = await fixture.Server.CreateAsync();
        await deployment.PutAsync("k", "1");

        var reply = await Reply.OfAsync(await deployment.SendAsync(
            HttpMethod.Put, "", new StringContent("""{"key":"k","value":"2"}"""), ("If-None-Match", "*")));

        Assert.Equal(412, reply.Status);
        Assert.Equal("1", (await deployment.GetAsync("k?raw")).Text);
    }

    [Fact]
    public async Task Delete_IfMatch_RemovesOnlyWhatItKnows()
    {
        var deployment = await fixture.Server.CreateAsync();
        var first = await deployment.PutAsync("k", "1");
        var second = await deployment.PutAsync("k", "2");

        Assert.Equal(412, (await deployment.DeleteAsync("k", ("If-Match", first.ETag!))).Status);
        Assert.Equal(200, (await deployment.DeleteAsync("k", ("If-Match", second.ETag!))).Status);
        Assert.Equal(412, (await deployment.DeleteAsync("k", ("If-Match", second.ETag!))).Status);
    }

    [Fact]
    public async Task Put_SameIdempotencyKeyAgain_LearnsThatItWon()
    {
        var deployment = await fixture.Server.CreateAsync();
        (string, string)[] mine = [("If-None-Match", "*"), ("Idempotency-Key", "attempt-1")];

        var first = await deployment.PutAsync("lock", "me", mine);
        var again = await deployment.PutAsync("lock", "me", mine);
        var other = await deployment.PutAsync("lock", "you", ("If-None-Match", "*"), ("Idempotency-Key", "attempt-2"));

        Assert.Equal((200, first.ETag, first.Text), (again.Status, again.ETag, again.Text));
        Assert.Equal(412, other.Status);
    }

    [Fact]
    public async Task Write_IdempotencyKeyOfAnotherWrite_Is422AndChangesNothing()
    {
        var deployment = await fixture.Server.CreateAsync();
        (string, string)[] mine = [("If-None-Match", "*"), ("Idempotency-Key", "attempt-1")];
        var first = await deployment.PutAsync("lock", "me", mine);

        Reply[] others =
        [
            await deployment.PutAsync("lock", "you", mine),
            await deployment.PutAsync("lock?ttl=30s", "me", mine),
            await deployment.PutAsync("other", "me", mine),
            await deployment.PutAsync("lock", "me", ("If-Match", first.ETag!), mine[1]),
            await deployment.DeleteAsync("lock", ("If-Match", first.ETag!), mine[1]),
            await Reply.OfAsync(await deployment.SendAsync(
                HttpMethod.Put, "", new StringContent("""{"key":"lock","value":"you"}"""), mine)),
        ];

        Assert.All(others, other =>
        {
            Assert.Equal((422, "application/problem+json", null), (other.Status, other.Type, other.ETag));
            Assert.StartsWith(
                "This Idempotency-Key was already used for a different write", other.Detail, StringComparison.Ordinal);
        });
        Assert.Equal("me", (await deployment.GetAsync("lock?raw")).Text);
        Assert.Equal(404, (await deployment.GetAsync("other")).Status);
    }

    [Fact]
    public async Task Put_SameIdempotencyKeyWithARenewedToken_LearnsThatItWon()
    {
        var deployment = await fixture.Server.CreateAsync();
        var narrow = await deployment.PostAsync("token", """{"read":["lock"],"write":["lock"],"ttl":"1h"}""");
        var holder = fixture.Server.Open(deployment.Id, narrow.Json.GetProperty("token").GetString()!);
        (string, string)[] mine = [("If-None-Match", "*"), ("Idempotency-Key", "attempt-1")];
        var first = await holder.PutAsync("lock", "me", mine);

        var renewed = fixture.Server.Open(
            deployment.Id, (await holder.PostAsync("token")).Json.GetProperty("token").GetString()!);

        var again = await renewed.PutAsync("lock", "me", mine);
        Assert.Equal((200, first.ETag, first.Text), (again.Status, again.ETag, again.Text));
        Assert.Equal(422, (await deployment.PutAsync("lock", "me", mine)).Status);
    }

    [Fact]
    public async Task Get_IfNoneMatch_Is304WhileUnchanged()
    {
        var deployment = await fixture.Server.CreateAsync();
        var first = await deployment.PutAsync("k", "1");

        var same = await deployment.GetAsync("k", ("If-None-Match", first.ETag!));
        Assert.Equal((304, first.ETag, 0), (same.Status, same.ETag, same.Bytes.Length));
        Assert.Equal(304, (await deployment.GetAsync("k", ("If-None-Match", "*"))).Status);

        await deployment.PutAsync("k", "1");
        Assert.Equal(200, (await deployment.GetAsync("k", ("If-None-Match", first.ETag!))).Status);
        Assert.Equal(404, (await deployment.GetAsync("absent", ("If-None-Match", first.ETag!))).Status);
    }
}
