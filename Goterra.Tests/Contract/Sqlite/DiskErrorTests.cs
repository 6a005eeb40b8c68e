using System.Diagnostics;
using System.Net;

namespace Goterra.Tests.Contract.Sqlite;

/// <summary>System calls of the real server fail, as they do on a broken or remounted disk.</summary>
[Trait("Category", "Contract")]
public sealed class DiskErrorTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TheoryWith("strace")]
    [InlineData("EIO", 503)]
    [InlineData("EROFS", 503)]
    [InlineData("EDQUOT", 507)]
    [InlineData("ENOSPC", 507)]
    public async Task PutAsync_DiskError_Is503AndRecovers(string error, int status)
    {
        await using var server = await ServerProcess.StartAsync(_folder);
        var deployment = await server.CreateAsync();
        await deployment.PutAsync("k", "before");
        await deployment.PutAsync("large", new byte[300_000]);

        await using (await FaultyDisk.OfAsync(server.Id, error))
        {
            var put = await deployment.PutAsync("k", "refused");
            Assert.Equal((status, "application/problem+json"), (put.Status, put.Type));
            Assert.Contains(status == 507 ? "full" : "disk", put.Detail, StringComparison.Ordinal);
            Assert.Equal(status, (await deployment.PutAsync("large", new byte[400_000])).Status);
            var read = await deployment.GetAsync("k?raw");
            Assert.Equal((200, "before"), (read.Status, read.Text));
            Assert.Equal(300_000, (await deployment.GetAsync("large?raw")).Bytes.Length);
            Assert.Equal("degraded", (await ReadyAsync(server)).Json.GetProperty("status").GetString());
        }

        Assert.Equal(200, (await deployment.PutAsync("k", "after")).Status);
        Assert.Equal("after", (await deployment.GetAsync("k?raw")).Text);
        await Eventually.Async(async () => (await ReadyAsync(server)).Json.GetProperty("status").GetString() == "ok");

        // Housekeeping goes on, too.
        var taken = await deployment.PutAsync("leader?ttl=1s", "me", ("If-None-Match", "*"));
        Assert.Equal(404, (await deployment.GetAsync("leader?wait=1m", ("If-None-Match", taken.ETag!))).Status);
        Assert.Single(server.Output.Split('\n'), line => line.Contains("Writes are failing", StringComparison.Ordinal));
    }

    private static async Task<Reply> ReadyAsync(ServerProcess server)
    {
        using var client = new HttpClient { BaseAddress = server.Address };
        var ready = await Reply.OfAsync(await client.GetAsync("/health/ready"));
        Assert.Equal(HttpStatusCode.OK, (HttpStatusCode)ready.Status);
        return ready;
    }

    /// <summary>While it is there, each call by which the process writes to its disk fails.</summary>
    private sealed class FaultyDisk(Process strace) : IAsyncDisposable
    {
        public static async Task<FaultyDisk> OfAsync(int process, string error)
        {
            var start = new ProcessStartInfo(
                "strace",
                ["-f", "-q", "-o", "/dev/null", "-e", "trace=pwrite64,fdatasync,fsync,pwritev",
                    "-e", $"inject=pwrite64,fdatasync,fsync,pwritev:error={error}", "-p", $"{process}"])
            {
                RedirectStandardError = true,
            };
            var strace = Process.Start(start)!;
            await Eventually.Async(() => Task.FromResult(
                Directory.EnumerateDirectories($"/proc/{process}/task").All(
                    task => File.ReadLines(task + "/status").Contains($"TracerPid:\t{strace.Id}"))));
            return new FaultyDisk(strace);
        }

        public async ValueTask DisposeAsync()
        {
            Signals.Send(strace.Id, "INT");
            await strace.WaitForExitAsync();
            strace.Dispose();
        }
    }
}
