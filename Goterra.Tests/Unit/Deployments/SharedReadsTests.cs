using Goterra.Core.Deployments;

namespace Goterra.Tests.Unit.Deployments;

[Trait("Category", "Unit")]
public sealed class SharedReadsTests
{
    private readonly SharedReads<string, string> _reads = new();
    private readonly Queue<TaskCompletionSource<string>> _started = [];

    [Fact]
    public async Task ReadAsync_WhileAnotherIsInFlight_JoinsTheNextOne()
    {
        var first = ReadAsync("k");
        var second = ReadAsync("k");
        var third = ReadAsync("k");
        var inFlight = Assert.Single(_started);
        inFlight.SetResult("old");

        Assert.Equal("old", await first);
        Assert.False(second.IsCompleted);
        Assert.Equal(2, _started.Count);
        _started.Last().SetResult("new");
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
        _started.Last().SetResult("v");

        Assert.Equal("v", await second);
    }

    [Fact]
    public async Task ReadAsync_NextFails_AllItsCallersFailAndTheKeyIsReadAgain()
    {
        var first = ReadAsync("k");
        Task<string>[] joined = [ReadAsync("k"), ReadAsync("k")];
        _started.Last().SetResult("v");
        await first;
        _started.Last().SetException(new InvalidOperationException());
        foreach (var one in joined)
            await Assert.ThrowsAsync<InvalidOperationException>(() => one);

        var later = ReadAsync("k");
        _started.Last().SetResult("again");
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
        _started.Last().SetResult("w");

        Assert.Equal("w", await stays);
    }

    private Task<string> ReadAsync(string key, CancellationToken cancellationToken = default) => _reads.ReadAsync(
        key,
        (_, _) =>
        {
            // Continuations run on the test's own thread, so that it sees which reads have begun.
            var started = new TaskCompletionSource<string>();
            _started.Enqueue(started);
            return started.Task;
        },
        cancellationToken);
}
