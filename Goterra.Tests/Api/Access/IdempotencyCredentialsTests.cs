namespace Goterra.Tests.Api.Access;

/// <summary>An Idempotency-Key that another credential has used.</summary>
[Trait("Category", "Api")]
public sealed class IdempotencyCredentialsTests
{
    private static readonly (string, string) Key = ("Idempotency-Key", "attempt-1");

    [Fact]
    public async Task Write_EmbeddedStore_KeyOfAnotherCredentialIs422() => await Is422OnEveryRouteAsync(null);

    [FactWith("redis-server")]
    public async Task Write_Redis_KeyOfAnotherCredentialIs422()
    {
        await using var redis = await RedisServer.StartAsync();
        await Is422OnEveryRouteAsync(RunningServer.On(redis));
    }

    private static async Task Is422OnEveryRouteAsync(Dictionary<string, string?>? settings)
    {
        await using var server = await RunningServer.StartAsync(settings);
        Func<TestDeployment, Task<Reply>>[] routes =
        [
            deployment => deployment.PutAsync("lock", "mine", ("If-None-Match", "*"), Key),
            deployment => deployment.PutAsync("lock?ttl=1h", "mine", ("If-None-Match", "*"), Key),
            async deployment => await Reply.OfAsync(await deployment.SendAsync(
                HttpMethod.Put, "", new StringContent("""{"key":"lock","value":"mine"}"""), ("If-None-Match", "*"),
                Key)),
            deployment => deployment.DeleteAsync("old", ("If-Match", "*"), Key),
        ];
        foreach (var route in routes)
        {
            var full = await server.CreateAsync();
            await full.PutAsync("old", "v");
            var (first, second) = (await NarrowAsync(server, full), await NarrowAsync(server, full));

            var won = await route(first);
            Assert.Equal(200, won.Status);
            foreach (var other in new[] { second, full })
            {
                var lost = await route(other);
                Assert.Equal((422, (string?)null), (lost.Status, lost.ETag));
            }

            var again = await route(first);
            Assert.Equal((won.Status, won.ETag, won.Text), (again.Status, again.ETag, again.Text));
        }
    }

    private static async Task<TestDeployment> NarrowAsync(RunningServer server, TestDeployment deployment)
    {
        var made = await deployment.PostAsync("token", """{"read":["*"],"write":["*"]}""");
        return server.Open(deployment.Id, made.Json.GetProperty("token").GetString()!);
    }
}
