using Goterra.Api.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Goterra.Tests.Api;

[Trait("Category", "Api")]
public sealed class UploadMemoryTests
{
    private const int Memory = 1_000_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Put_MemoryOfBodiesInUse_WaitsThen503(bool json)
    {
        var time = new FakeTimeProvider();
        await using var server = await StartAsync(time);
        var deployment = await server.CreateAsync();
        using var stalled = new StalledContent(Memory);
        var first = deployment.SendAsync(HttpMethod.Put, "first", stalled);
        await ReservedAsync(server);

        var put = json
            ? deployment.SendAsync(HttpMethod.Put, "", new StringContent($$"""{"key":"k","value":"{{Text()}}"}"""))
            : deployment.SendAsync(HttpMethod.Put, "k", new StringContent(Text()));
        await Eventually.Async(() =>
        {
            time.Advance(TimeSpan.FromSeconds(15));
            return put.IsCompleted;
        });

        var refused = await Reply.OfAsync(await put);
        Assert.Equal((503, "application/problem+json"), (refused.Status, refused.Type));
        Assert.Equal("upload_bytes", refused.Json.GetProperty("limit").GetString());
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Message.Headers.RetryAfter?.Delta);
        Assert.Equal(200, (await deployment.PutAsync("small", new byte[64 * 1024])).Status);

        stalled.Continue();
        Assert.Equal(200, (int)(await first).StatusCode);
        Assert.Equal(200, (await deployment.PutAsync("k", Text())).Status);
    }

    [Fact]
    public async Task Put_MemoryFreed_LetsWaitingBodiesIn()
    {
        await using var server = await StartAsync(new FakeTimeProvider());
        var deployment = await server.CreateAsync();
        using var stalled = new StalledContent(Memory);
        var first = deployment.SendAsync(HttpMethod.Put, "first", stalled);
        await ReservedAsync(server);
        var others = Enumerable.Range(0, 8).Select(i => deployment.PutAsync($"other/{i}", Text())).ToList();

        stalled.Continue();

        Assert.Equal(200, (int)(await first).StatusCode);
        Assert.All(await Task.WhenAll(others), reply => Assert.Equal(200, reply.Status));
    }

    [Fact]
    public async Task Put_SenderGone_FreesItsMemory()
    {
        await using var server = await StartAsync(new FakeTimeProvider());
        var deployment = await server.CreateAsync();
        using var stalled = new StalledContent(Memory);
        using var gone = new CancellationTokenSource();
        using var client = new HttpClient { BaseAddress = server.Address };
        client.DefaultRequestHeaders.Authorization = new("Bearer", deployment.Token);
        var first = client.PutAsync($"/store/{deployment.Id}/first", stalled, gone.Token);
        await ReservedAsync(server);

        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);

        Assert.Equal(200, (await deployment.PutAsync("k", Text())).Status);
    }

    [Fact]
    public async Task Put_BodyAboveAllMemory_GetsAllOfIt()
    {
        await using var server = await StartAsync(new FakeTimeProvider());
        var deployment = await server.CreateAsync();

        Assert.Equal(200, (await deployment.PutAsync("k", new byte[2 * Memory])).Status);
    }

    private static Task<RunningServer> StartAsync(TimeProvider time) => RunningServer.StartAsync(
        new Dictionary<string, string?> { ["GOT_LIMITS_UPLOAD_BYTES"] = $"{Memory}" }, time: time);

    private static Task ReservedAsync(RunningServer server) =>
        Eventually.Async(() => server.Services.GetRequiredService<UploadMemory>().ReservedBytes > 0);

    private static string Text() => new('x', 100_000);

    /// <summary>Sends half of its bytes, and the rest when it is told to.</summary>
    private sealed class StalledContent(int length) : HttpContent
    {
        private readonly TaskCompletionSource _continued = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Continue() => _continued.SetResult();

        protected override async Task SerializeToStreamAsync(
            Stream stream, System.Net.TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.WriteAsync(new byte[length / 2], cancellationToken);
            await stream.FlushAsync(cancellationToken);
            await _continued.Task.WaitAsync(cancellationToken);
            await stream.WriteAsync(new byte[length - length / 2], cancellationToken);
        }

        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override bool TryComputeLength(out long computed)
        {
            computed = length;
            return true;
        }
    }
}
