namespace Goterra.Tests.Api;

[Trait("Category", "Api")]
public sealed class WaitingTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private RunningServer Server => fixture.Server;

    [Fact]
    public async Task Get_StoredWhileWaiting_AllWaitersHaveIt()
    {
        var deployment = await Server.CreateAsync();
        var waits = Enumerable.Range(0, 10).Select(_ => deployment.GetAsync("join_token?raw&wait=10m")).ToList();
        await Server.WaitersAsync(10);

        await deployment.PutAsync("other", "unrelated");
        Assert.DoesNotContain(waits, wait => wait.IsCompleted);
        var put = await deployment.PutAsync("join_token", "XXX");

        Assert.All(
            await Task.WhenAll(waits),
            reply => Assert.Equal((200, "XXX", put.ETag), (reply.Status, reply.Text, reply.ETag)));
        await Server.WaitersAsync(0);
    }

    [Fact]
    public async Task Get_AlreadyThere_AnswersAtOnce()
    {
        var deployment = await Server.CreateAsync();
        await deployment.PutAsync("k", "");

        Assert.Equal(200, (await deployment.GetAsync("k?wait=10m")).Status);
    }

    [Fact]
    public async Task Get_NotStoredInTime_Is404()
    {
        var deployment = await Server.CreateAsync();

        Assert.Equal(404, (await deployment.GetAsync("k?wait=1")).Status);
        Assert.Equal(404, (await deployment.GetAsync("k?wait=0")).Status);
    }

    [Fact]
    public async Task Get_DeploymentDeletedWhileWaiting_Is410()
    {
        var deployment = await Server.CreateAsync();
        var wait = deployment.GetAsync("k?wait=10m");
        await Server.WaitersAsync(1);

        await deployment.DeleteAsync();

        Assert.Equal(410, (await wait).Status);
    }

    [Fact]
    public async Task Get_IfNoneMatchAndWait_AnswersTheChange()
    {
        var deployment = await Server.CreateAsync();
        var first = await deployment.PutAsync("k", "1");
        var wait = deployment.GetAsync("k?raw&wait=10m", ("If-None-Match", first.ETag!));
        await Server.WaitersAsync(1);

        await deployment.PutAsync("k", "2");

        Assert.Equal("2", (await wait).Text);
        Assert.Equal(304, (await deployment.GetAsync("k?wait=1", ("If-None-Match", (await wait).ETag!))).Status);
    }

    [Fact]
    public async Task Get_ClientHangsUp_LeavesNothingBehind()
    {
        var deployment = await Server.CreateAsync();
        using var hangUp = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/store/{deployment.Id}/k?wait=10m");
        request.Headers.Add("Authorization", "Bearer " + deployment.Token);
        var wait = Server.Client.SendAsync(request, hangUp.Token);
        await Server.WaitersAsync(1);

        await hangUp.CancelAsync();

        await Server.WaitersAsync(0);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
    }

    [Fact]
    public async Task Get_ServerStops_Is503AtOnce()
    {
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync();
        var wait = deployment.GetAsync("k?wait=10m");
        await server.WaitersAsync(1);

        await server.StopAsync();

        var reply = await wait;
        Assert.Equal(503, reply.Status);
        Assert.Equal("1", reply.Message.Headers.RetryAfter!.ToString());
    }
}
