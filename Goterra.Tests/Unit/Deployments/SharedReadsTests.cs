using System.Collections.Concurrent;
using Goterra.Core.Deployments;

namespace Goterra.Tests.Unit.Deployments;

[Trait("Category", "Unit")]
public sealed class SharedReadsTests
{
    private readonly SharedReads<string, string> _reads = new();
    private readonly ConcurrentQueue<TaskCompletionSource<string>> _started = [];

    [Fact]
    public async Task ReadAsync_WhileAnotherIsInFlight_JoinsTheNextOne()
    {
        var first = ReadAsync("k");
        var second = ReadAsync("k");
        var third = ReadAsync("k");
        var inFlight = Assert.Single(_started);
        inFlight.SetResult("old");

        Assert.Equal("old", await first);
        var next = await StartedAsync(2);
        Assert.False(second.IsCompleted);
        next.SetResult("new");
        Assert.Equal("new", await second);
        Assert.Equal("new", await third);
    }

    [Fact]
    public async Task ReadAsync_OtherKey_IsItsOwnRead()
    {
        var first = ReadAsync("a");
        var second = ReadAsync("b");
        _started.Last().SetResult("of b");

        Assert.Equal("of b", await second);
        Assert.False(first.IsCompleted);
    }

    [Fact]
    public async Task ReadAsync_FirstFails_TheNextStillReads()
    {
        var first = ReadAsync("k");
        var second = ReadAsync("k");
        _started.Last().SetException(new InvalidOperationException());
        await Assert.ThrowsAsync<InvalidOperationException>(() => first);
        (await StartedAsync(2)).SetResult("v");

        Assert.Equal("v", await second);
    }

    [Fact]
    public async Task ReadAsync_NextFails_AllItsCallersFailAndTheKeyIsReadAgain()
    {
        var first = ReadAsync("k");
        Task<string>[] joined = [ReadAsync("k"), ReadAsync("k")];
        _started.Last().SetResult("v");
        await first;
        (await StartedAsync(2)).SetException(new InvalidOperationException());
        foreach (var one in joined)
            await Assert.ThrowsAsync<InvalidOperationException>(() => one);

        var later = ReadAsync("k");
        (await StartedAsync(3)).SetResult("again");
        Assert.Equal("again", await later);
    }

    [Fact]
    public async Task ReadAsync_OneOfTheJoinedLeaves_TheOthersAreServed()
    {
        var first = ReadAsync("k");
        using var leaving = new CancellationTokenSource();
        var left = ReadAsync("k", leaving.Token);
        var stays = ReadAsync("k");
        await leaving.CancelAsync();
        await Assert.ThrowsAsync<TaskCanceledException>(() => left);
        _started.Last().SetResult("v");
        await first;
        (await StartedAsync(2)).SetResult("w");

        Assert.Equal("w", await stays);
    }

    private async Task<TaskCompletionSource<string>> StartedAsync(int count)
    {
        await Eventually.Async(() => _started.Count >= count);
        return Assert.Single(_started.Skip(count - 1));
    }

    private Task<string> ReadAsync(string key, CancellationToken cancellationToken = default) => _reads.ReadAsync(
        key,
        (_, _) =>
        {
            var started = new TaskCompletionSource<string>();
            _started.Enqueue(started);
            return started.Task;
        },
        cancellationToken);
}
