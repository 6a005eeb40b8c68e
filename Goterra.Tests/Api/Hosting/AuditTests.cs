using System.Text.Json;
using Goterra.Api.Auditing;
using Goterra.Api.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Goterra.Tests.Api.Hosting;

[Trait("Category", "Api")]
public sealed class AuditTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Path => _folder.File("audit.log");

    [Fact]
    public async Task Audit_Requests_AreLinesWithWhoWhatAndOutcome()
    {
        string id, token;
        await using (var server = await StartAsync())
        {
            var deployment = await server.CreateAsync();
            (id, token) = (deployment.Id, deployment.Token);
            await SendAsync(server, HttpMethod.Put, $"/store/{id}/db/password", token, "s3cret");
            await SendAsync(server, HttpMethod.Get, $"/store/{id}/db%2Fpassword", token);
            await SendAsync(server, HttpMethod.Get, $"/store/{id}/absent", token);
            await SendAsync(server, HttpMethod.Get, $"/store/{id}/db/password", token: null);
            await SendAsync(server, HttpMethod.Get, "/store", token: null);
        }

        var lines = await LinesAsync();
        Assert.Equal(
            [
                ("store.create", "done", id, null), ("values.put", "done", id, "db/password"),
                ("values.get", "done", id, "db/password"), ("values.get", "failed", id, "absent"),
                ("values.get", "denied", id, "db/password"),
            ],
            lines.Select(
                line => (Text(line, "action"), Text(line, "outcome"), Text(line, "deployment"), Text(line, "key"))));
        Assert.Equal("anonymous", Text(lines[0], "user"));
        Assert.Null(Text(lines[4], "user"));
        Assert.All(lines, line => Assert.Equal("127.0.0.1", Text(line, "client")));
        var all = await File.ReadAllTextAsync(Path);
        Assert.DoesNotContain("s3cret", all, StringComparison.Ordinal);
        Assert.DoesNotContain(token, all, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(Path));
        }
    }

    [Fact]
    public async Task Audit_JsonPut_NamesTheKeyOfTheBody()
    {
        await using (var server = await StartAsync())
        {
            var deployment = await server.CreateAsync();
            await SendAsync(
                server, HttpMethod.Put, $"/store/{deployment.Id}", deployment.Token, """{"key":"k","value":"v"}""");
        }

        var line = (await LinesAsync())[^1];
        Assert.Equal(("values.putjson", "k"), (Text(line, "action"), Text(line, "key")));
    }

    [Fact]
    public async Task Stop_ManyEntriesPending_WritesAllOfThem()
    {
        using var log = Open(maxBytes: 100_000_000, files: 1);
        await log.StartAsync(CancellationToken.None);
        for (var i = 0; i < 20_000; i++)
            log.Write(Entry(i));
        await log.StopAsync(CancellationToken.None);

        Assert.Equal(
            Enumerable.Range(0, 20_000).Select(Key), (await LinesAsync()).Select(line => Text(line, "key")));
        Assert.Equal(0, log.Lost);
    }

    [Fact]
    public async Task Write_FileFull_StartsANewOneAndKeepsTheLast()
    {
        using var log = Open(maxBytes: 10_000, files: 3);
        await log.StartAsync(CancellationToken.None);
        for (var i = 0; i < 1_000; i++)
            log.Write(Entry(i));
        await log.StopAsync(CancellationToken.None);

        var files = Directory.GetFiles(_folder.Path).Select(file => System.IO.Path.GetFileName(file)).Order();
        Assert.Equal(["audit.log", "audit.log.1", "audit.log.2"], files);
        var kept = new List<string?>();
        foreach (var file in new[] { Path + ".2", Path + ".1", Path })
        {
            Assert.InRange(new FileInfo(file).Length, 1, 10_000);
            kept.AddRange((await LinesAsync(file)).Select(line => Text(line, "key")));
        }

        Assert.Equal(Enumerable.Range(1_000 - kept.Count, kept.Count).Select(Key), kept);
    }

    [Fact]
    public async Task Write_FileCannotBeWritten_KeepsTheEntriesUntilItCan()
    {
        var logger = new RecordingLogger<AuditLog>();
        var time = new FakeTimeProvider();
        using var log = new AuditLog(new AuditOptions(Path, 1_000, 2), time, logger);
        await log.StartAsync(CancellationToken.None);

        // A folder that is not empty cannot be replaced by the rotated file.
        Directory.CreateDirectory(Path + ".1/full");
        for (var i = 0; i < 100; i++)
            log.Write(Entry(i));
        await Eventually.Async(() => logger.Lines.Any(line => line.Level == LogLevel.Error));
        Directory.Delete(Path + ".1", recursive: true);
        await Eventually.Async(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return logger.Lines.Any(line => line.Level == LogLevel.Warning);
        });
        await log.StopAsync(CancellationToken.None);

        Assert.Equal(0, log.Lost);
        Assert.Equal("key-99", Text((await LinesAsync())[^1], "key"));
    }

    [Fact]
    public async Task Start_FolderMissing_IsRefusedWithTheSetting()
    {
        using var log = new AuditLog(
            new AuditOptions(_folder.File("none/audit.log"), 1_000, 1), TimeProvider.System,
            new RecordingLogger<AuditLog>());

        var e = await Assert.ThrowsAsync<InvalidConfigurationException>(() => log.StartAsync(CancellationToken.None));

        Assert.StartsWith("audit.file (GOT_AUDIT_FILE): ", e.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private Task<RunningServer> StartAsync() =>
        RunningServer.StartAsync(new Dictionary<string, string?> { ["GOT_AUDIT_FILE"] = Path });

    // Over one connection, as that of the creation: an entry is written after its response, and the server reads the
    // next request of a connection after that.
    private static async Task SendAsync(
        RunningServer server, HttpMethod method, string path, string? token, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = body is null ? null : new StringContent(body);
        request.Headers.Authorization = token is null ? null : new("Bearer", token);
        using var response = await server.Client.SendAsync(request);
    }

    private AuditLog Open(long maxBytes, int files) =>
        new(new AuditOptions(Path, maxBytes, files), TimeProvider.System, new RecordingLogger<AuditLog>());

    private static AuditEntry Entry(int number) =>
        new(TimeProvider.System.GetUtcNow(), "values.put", 200, "127.0.0.1") { Key = Key(number) };

    private static string Key(int number) => $"key-{number}";

    private async Task<List<JsonElement>> LinesAsync(string? file = null) =>
        [.. (await File.ReadAllLinesAsync(file ?? Path)).Select(line => JsonDocument.Parse(line).RootElement)];

    private static string? Text(JsonElement line, string name) =>
        line.TryGetProperty(name, out var value) ? value.GetString() : null;
}
