using System.Collections.Concurrent;
using Goterra.Core.Deployments;
using Microsoft.Extensions.Time.Testing;

namespace Goterra.Tests.Unit.Deployments;

[Trait("Category", "Unit")]
public sealed class GatheredReadsTests
{
    private const int MaxItems = 3;

    private static readonly TimeSpan MaxWait = TimeSpan.FromMilliseconds(500);

    private readonly FakeTimeProvider _time = new();
    private readonly GatheredReads<string, string, string> _reads;
    private readonly ConcurrentQueue<Call> _calls = [];

    public GatheredReadsTests() => _reads = new GatheredReads<string, string, string>(MaxItems, MaxWait, _time);

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
    public async Task ReadAsync_CallInFlightHangs_RunsTheNextOnesBesideIt()
    {
        var first = ReadAsync("a");
        var joined = ReadAsync("b");
        _time.Advance(MaxWait - TimeSpan.FromMilliseconds(1));
        Assert.Single(_calls);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        var second = await CallAsync(2);

        // Nobody has waited for the next one since, and it hangs, too.
        await Eventually.Async(() =>
        {
            _time.Advance(MaxWait);
            return ReadAsync("c") is var _ && _calls.Count > 2;
        });
        Assert.False(first.IsCompleted || joined.IsCompleted);
        second.Answer("2");
        Assert.Equal("2 b", await joined);
    }

    [Fact]
    public async Task ReadAsync_FirstCallerGivesUp_OthersAreReadByTheNextCall()
    {
        using var impatient = new CancellationTokenSource();
        var first = ReadAsync("a", cancellationToken: impatient.Token);
        var joined = ReadAsync("b");

        await impatient.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        (await CallAsync(2)).Answer("2");
        Assert.Equal("2 b", await joined);
    }

    [Fact]
    public async Task ReadAsync_CallInFlightFails_OthersAreReadByTheNextCall()
    {
        var first = ReadAsync("a");
        var second = ReadAsync("b");
        _calls.First().Results.SetException(new IOException());
        await Assert.ThrowsAsync<IOException>(() => first);
        var call = await CallAsync(2);
        var third = ReadAsync("b");
        call.Results.SetException(new IOException());

        await Assert.ThrowsAsync<IOException>(() => second);
        (await CallAsync(3)).Answer("3");
        Assert.Equal("3 b", await third);
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

    private Task<string> ReadAsync(
        string item, string group = "g", CancellationToken cancellationToken = default) => _reads.ReadAsync(
        group,
        item,
        (_, items, token) =>
        {
            var call = new Call([.. items]);
            _calls.Enqueue(call);
            return call.Results.Task.WaitAsync(token);
        },
        cancellationToken);

    private sealed record Call(IReadOnlyList<string> Items)
    {
        public TaskCompletionSource<IReadOnlyList<string>> Results { get; } = new();

        public void Answer(string text) => Results.SetResult([.. Items.Select(item => $"{text} {item}")]);
    }
}
