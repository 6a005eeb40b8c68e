using System.Security.Cryptography;
using Goterra.Core.Deployments;
using Goterra.Core.Model;

namespace Goterra.Tests.Contract.Sqlite;

/// <summary>Files that somebody removed, replaced or changed.</summary>
public sealed partial class ValueFileTests
{
    [Fact]
    public async Task StartAsync_NamedFileMissing_RemovesNoOrphans()
    {
        DeploymentId id;
        await using (var store = await OpenStore.StartAsync(OpenStore.In(_folder)))
        {
            id = await CreateAsync(store);
            await PutAsync(store, id, "k", RandomNumberGenerator.GetBytes(300_000));
            await PutAsync(store, id, "other", RandomNumberGenerator.GetBytes(300_000));
        }

        // As if the database were older than the files.
        var orphan = _folder.File("data/values/" + new string('a', 32));
        File.Move(Directory.GetFiles(_folder.File("data/values"))[0], orphan);
        await using (await OpenStore.StartAsync(OpenStore.In(_folder)))
            Assert.True(File.Exists(orphan));
    }

    [FactWith("mkfifo")]
    public async Task ReadAsync_FileIsPipe_FailsAtOnce()
    {
        await using var store = await OpenStore.StartAsync(OpenStore.In(_folder));
        var id = await CreateAsync(store);
        await PutAsync(store, id, "k", RandomNumberGenerator.GetBytes(300_000));
        var file = Assert.Single(Directory.GetFiles(_folder.File("data/values")));
        File.Delete(file);
        await _folder.PipeAsync(file);

        var e = await Assert.ThrowsAsync<StoreDamagedException>(() => ReadAsync(store, id, "k"));

        Assert.Contains("not a regular file", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadAsync_FileMissing_ThrowsStoreDamaged()
    {
        await using var store = await OpenStore.StartAsync(OpenStore.In(_folder));
        var id = await CreateAsync(store);
        await PutAsync(store, id, "k", Filled(1));
        await PutAsync(store, id, "other", [1]);
        File.Delete(Assert.Single(Files()));

        await Assert.ThrowsAsync<StoreDamagedException>(() => ReadAsync(store, id, "k"));

        Assert.NotNull(await ReadAsync(store, id, "other"));
        await PutAsync(store, id, "k", Filled(2));
        Assert.Equal(2, (await ReadAsync(store, id, "k"))!.Bytes.Span[0]);
    }

    [Fact]
    public async Task ReadAsync_FileChangedOnDisk_Is500()
    {
        await using var server = await ServerProcess.StartAsync(_folder);
        var deployment = await server.CreateAsync();
        await deployment.PutAsync("k", Filled(1));
        await EventuallyFilesAsync(1);
        var content = await File.ReadAllBytesAsync(Files()[0]);
        content[1000] ^= 1;
        await File.WriteAllBytesAsync(Files()[0], content);

        foreach (var _ in Enumerable.Range(0, 3))
        {
            var reply = await deployment.GetAsync("k?raw");
            Assert.Equal(500, reply.Status);
            Assert.Contains("The value 'k' of deployment", reply.Detail, StringComparison.Ordinal);
        }

        await server.TerminateAsync();
        Assert.Single(server.Output.Split('\n'), line => line.Contains("can't be decrypted", StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", server.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadAsync_ValuesFolderUnreadable_Is503AndLoggedOnce()
    {
        await using var server = await ServerProcess.StartAsync(_folder);
        var deployment = await server.CreateAsync();
        await deployment.PutAsync("k", Filled(1));
        await deployment.PutAsync("small", "v");
        Directory.Move(_folder.File("data/values"), _folder.File("away"));

        foreach (var _ in Enumerable.Range(0, 3))
        {
            Assert.Equal(503, (await deployment.GetAsync("k?raw")).Status);
            Assert.Equal("v", (await deployment.GetAsync("small?raw")).Text);
            Assert.Equal(200, (await deployment.PutAsync("small", "v")).Status);
        }

        Directory.Move(_folder.File("away"), _folder.File("data/values"));
        Assert.Equal(200, (await deployment.GetAsync("k?raw")).Status);
        await Eventually.Async(
            () => Task.FromResult(server.Output.Contains("Reads have recovered", StringComparison.Ordinal)));
        Assert.Single(server.Output.Split('\n'), line => line.Contains("Reads are failing", StringComparison.Ordinal));
        Assert.DoesNotContain("Writes are failing", server.Output, StringComparison.Ordinal);
    }
}
