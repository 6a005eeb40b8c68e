namespace Goterra.Tests.Api.Waiting;

[Trait("Category", "Api")]
public sealed class SoakTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [Fact]
    public async Task Waits_TwoThousandComeGoAndVanish_AllAnsweredRightAndNothingLeft()
    {
        var deployment = await fixture.Server.CreateAsync();
        var answered = 0;
        var vanished = 0;

        // Of each key's twenty waits five hang up; the others are there before the key is, or come after it.
        await Parallel.ForAsync(0, 100, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (key, _) =>
        {
            var early = Enumerable.Range(0, 10).Select(_ => deployment.GetAsync($"k{key}?raw&wait=10m")).ToList();
            using var hangUp = new CancellationTokenSource();
            var leaving = Enumerable.Range(0, 5).Select(_ => VanishAsync(deployment, $"k{key}", hangUp.Token)).ToList();
            await hangUp.CancelAsync();
            await deployment.PutAsync($"k{key}", $"value {key}");
            var late = Enumerable.Range(0, 5).Select(_ => deployment.GetAsync($"k{key}?raw&wait=10m"));

            foreach (var reply in await Task.WhenAll(early.Concat(late)))
            {
                Assert.Equal((200, $"value {key}"), (reply.Status, reply.Text));
                Interlocked.Increment(ref answered);
            }

            foreach (var gone in await Task.WhenAll(leaving))
                Interlocked.Add(ref vanished, gone ? 1 : 0);
        });

        Assert.Equal(1500, answered);
        Assert.InRange(vanished, 1, 500);
        await fixture.Server.WaitersAsync(0);
        Assert.Equal(0, (await deployment.GetAsync("?values=false")).Json.GetProperty("waiting").GetArrayLength());
    }

    private static async Task<bool> VanishAsync(TestDeployment deployment, string key, CancellationToken hangUp)
    {
        using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        using var request = new HttpRequestMessage(
            HttpMethod.Get, new Uri(deployment.Server, $"/store/{deployment.Id}/{key}?wait=10m"));
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + deployment.Token);
        try
        {
            await client.SendAsync(request, hangUp);
            return false;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }
}
