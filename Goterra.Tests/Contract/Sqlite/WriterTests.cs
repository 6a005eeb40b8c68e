using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Waiting;
using Goterra.Infrastructure.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace Goterra.Tests.Contract.Sqlite;

/// <summary>The one writer: what is queued together is one transaction, and what fails fails alone.</summary>
[Trait("Category", "Contract")]
public sealed class WriterTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task WriteAsync_OneOfBatchFails_OnlyThatOneIsRolledBack()
    {
        await using var store = await OpenStore.StartAsync(OpenStore.In(_folder));
        var writer = store.Services.GetRequiredService<SqliteStore>();
        using var gate = new ManualResetEventSlim();
        var id = DeploymentId.New();
        using var rolledBack = Arm(store, id, "b");
        using var committed = Arm(store, id, "c");
        var held = writer.WriteAsync(_ => gate.Wait(TimeSpan.FromMinutes(1)));

        var first = writer.WriteAsync(session => Set(session, "a"));
        var failing = writer.WriteAsync<int>(session =>
        {
            Set(session, "b");
            session.Publish(id, "b");
            throw new InvalidTimeZoneException("of this test");
        });
        var last = writer.WriteAsync(session =>
        {
            session.Publish(id, "c");
            return Set(session, "c");
        });
        gate.Set();

        Assert.True(await held);
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => failing);
        Assert.Equal((1, 1), (await first, await last));
        Assert.Equal((false, true), (rolledBack.Signal.Task.IsCompleted, committed.Signal.Task.IsCompleted));
        Assert.Equal(
            ["a", "c"],
            await writer.ReadAsync(
                session => session.All(
                    "SELECT name FROM settings WHERE name IN ('a', 'b', 'c') ORDER BY name", row => row.GetString(0))));
    }

    [Fact]
    public async Task WriteAsync_QueueFull_IsRefusedAndQueuedOnesRun()
    {
        await using var store = await OpenStore.StartAsync(OpenStore.In(_folder));
        var writer = store.Services.GetRequiredService<SqliteStore>();
        using var gate = new ManualResetEventSlim();
        var held = writer.WriteAsync(_ => gate.Wait(TimeSpan.FromMinutes(1)));

        var accepted = new List<Task<int>>();
        var refused = Assert.Throws<StoreUnavailableException>(() =>
        {
            while (accepted.Count < 1_000_000)
                accepted.Add(writer.WriteAsync(session => Set(session, "a"), bytes: 1000));
        });
        gate.Set();

        Assert.Contains("queue is full", refused.Message, StringComparison.Ordinal);
        Assert.InRange(accepted.Count, 10_000, 100_000);
        Assert.All(await Task.WhenAll(accepted), rows => Assert.Equal(1, rows));
        Assert.True(await held);
        Assert.Equal(1, await writer.WriteAsync(session => Set(session, "a")));
    }

    [Fact]
    public async Task PutAsync_OpenReadTransaction_IsInvisibleToIt()
    {
        await using var store = await OpenStore.StartAsync(OpenStore.In(_folder));
        var id = await CreateAsync(store);
        await PutAsync(store, id, "k", [1]);
        var reader = store.Services.GetRequiredService<SqliteStore>();

        // The second look is in the same snapshot, after a write that was acknowledged.
        var seen = await reader.ReadAsync(session => session.Snapshot(() =>
        {
            var before = Revision(session);
            PutAsync(store, id, "k", [2]).GetAwaiter().GetResult();
            return (before, Revision(session));
        }));

        Assert.Equal((1, 1), seen);
        Assert.Equal(2, await reader.ReadAsync(Revision));
    }

    [Fact]
    public async Task StopAsync_QueuedWrites_AreCarriedOut()
    {
        var store = await OpenStore.StartAsync(OpenStore.In(_folder));
        var writer = store.Services.GetRequiredService<SqliteStore>();
        using var gate = new ManualResetEventSlim();
        var held = writer.WriteAsync(_ => gate.Wait(TimeSpan.FromMinutes(1)));
        var queued = Enumerable.Range(0, 100).Select(
            i => writer.WriteAsync(session => Set(session, $"queued {i}"))).ToList();

        var stopping = Task.Run(() => store.DisposeAsync().AsTask());
        gate.Set();
        await stopping;

        Assert.True(await held);
        Assert.Equal(100, (await Task.WhenAll(queued)).Sum());
        Assert.Throws<StoreUnavailableException>(() => { _ = writer.WriteAsync(session => Set(session, "late")); });
    }

    private static Watch Arm(OpenStore store, DeploymentId id, string key)
    {
        Assert.True(store.Hub.TryArm(Interest.In(id, ValueKey.Parse(key)), "", out var watch, out _));
        return watch;
    }

    private static int Set(SqliteWriteSession session, string name) =>
        session.Execute("INSERT OR REPLACE INTO settings (name, value) VALUES (?1, '')", name);

    private static long Revision(SqliteSession session) =>
        session.First("SELECT revision FROM deployments", row => row.Number(0));

    private static async Task<DeploymentId> CreateAsync(OpenStore store) =>
        (await store.Repository.CreateAsync(
            new NewDeployment(DeploymentId.New(), Owner.Anonymous, null, null, "e1", null), None)).Id;

    private static Task<Outcome> PutAsync(OpenStore store, DeploymentId id, string key, byte[] value) =>
        store.Repository.PutAsync(
            new ValueWrite(id, ValueKey.Parse(key), new EpochProof("e1"), WriteCondition.None, null), value, None);
}
