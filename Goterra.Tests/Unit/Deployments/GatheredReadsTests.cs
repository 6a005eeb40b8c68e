using System.Collections.Concurrent;
using Goterra.Core.Deployments;

namespace Goterra.Tests.Unit.Deployments;

[Trait("Category", "Unit")]
public sealed class GatheredReadsTests
{
    private const int Most = 3;

    private readonly GatheredReads<string, string, string> _reads = new(Most);
    private readonly ConcurrentQueue<Call> _calls = [];

    [Fact]
    public async Task ReadAsync_WhileACallIsInFlight_JoinsTheNextOneWithOtherItems()
    {
        var first = ReadAsync("a");
        Task<string>[] joined = [ReadAsync("b"), ReadAsync("a"), ReadAsync("b")];
        Assert.Single(_calls).Answer("old");
        Assert.Equal("old a", await first);
        var next = await CallAsync(2);

        Assert.Equal(["b", "a"], next.Items);
        next.Answer("new");
        Assert.Equal(["new b", "new a", "new b"], await Task.WhenAll(joined));
    }

    [Fact]
    public async Task ReadAsync_WhileTheNextCallRuns_JoinsTheOneAfterIt()
    {
        _ = ReadAsync("a");
        var second = ReadAsync("b");
        _calls.Last().Answer("1");
        var next = await CallAsync(2);
        var third = ReadAsync("b");
        next.Answer("2");

        Assert.Equal("2 b", await second);
        (await CallAsync(3)).Answer("3");
        Assert.Equal("3 b", await third);
    }

    [Fact]
    public async Task ReadAsync_NextCallIsFull_RunsItBesideTheOneInFlight()
    {
        var first = ReadAsync("a");
        var full = new[] { "b", "c", "d" }.Select(item => ReadAsync(item)).ToArray();
        Assert.Single(_calls);
        var more = ReadAsync("e");
        var second = await CallAsync(2);

        Assert.Equal(["b", "c", "d"], second.Items);
        second.Answer("2");
        Assert.Equal(["2 b", "2 c", "2 d"], await Task.WhenAll(full));
        Assert.False(first.IsCompleted || more.IsCompleted);
        _calls.First().Answer("1");
        await first;
        (await CallAsync(3)).Answer("3");
        Assert.Equal("3 e", await more);
    }

    [Fact]
    public async Task ReadAsync_OtherGroup_IsItsOwnCall()
    {
        var first = ReadAsync("a", "one");
        var second = ReadAsync("a", "two");
        _calls.Last().Answer("2");

        Assert.Equal("2 a", await second);
        Assert.False(first.IsCompleted);
    }

    private async Task<Call> CallAsync(int count)
    {
        await Eventually.Async(() => _calls.Count >= count);
        return Assert.Single(_calls.Skip(count - 1));
    }

    private Task<string> ReadAsync(string item, string group = "g") => _reads.ReadAsync(
        group,
        item,
        (_, items, _) =>
        {
            var call = new Call([.. items]);
            _calls.Enqueue(call);
            return call.Results.Task;
        },
        CancellationToken.None);

    private sealed record Call(IReadOnlyList<string> Items)
    {
        public TaskCompletionSource<IReadOnlyList<string>> Results { get; } = new();

        public void Answer(string text) => Results.SetResult([.. Items.Select(item => $"{text} {item}")]);
    }
}
