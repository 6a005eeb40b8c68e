using System.Globalization;
using System.Text.Json;
using Goterra.Api.Configuration;
using Goterra.Api.Hosting;
using Goterra.Core.Model;
using Microsoft.Extensions.DependencyInjection;

namespace Goterra.Tests.Api.Hosting;

/// <summary>The configuration file changes while the server runs.</summary>
[Trait("Category", "Api")]
public sealed class ReloadTests : IDisposable
{
    private const string Current = "the secret of these tests, longer than 32 bytes";
    private const string Previous = "an earlier secret of these tests, long enough";

    private const string AliceKey = "key-of-alice";
    private const string BobKey = "key-of-bob";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Limits =>
        [.. Settings.Reloadable.Where(key => key.StartsWith("limits.", StringComparison.Ordinal))];

    [Theory, MemberData(nameof(Limits))]
    public async Task Reload_Limit_IsWhatARestartWouldGive(string key)
    {
        await using var server = await StartAsync("");
        var before = server.Services.GetRequiredService<Limits>() with { };

        await ReloadAsync(server, $"limits: {{ {key.Split('.')[1]}: 77 }}");

        await using var restarted = await StartAsync(
            await File.ReadAllTextAsync(_folder.File("goterra-store.yml")), folder: null);
        var limits = server.Services.GetRequiredService<Limits>();
        Assert.NotEqual(before, limits);
        Assert.Equal(restarted.Services.GetRequiredService<Limits>(), limits);
    }

    [Fact]
    public async Task Reload_Limit_HoldsForTheNextRequest()
    {
        await using var server = await StartAsync("");
        var deployment = await server.CreateAsync();
        await ReloadAsync(server, "limits: { value_bytes: 3 }");

        Assert.Equal(413, (await deployment.PutAsync("k", "four")).Status);
        await ReloadAsync(server, "");
        Assert.Equal(200, (await deployment.PutAsync("k", "four")).Status);
    }

    [Fact]
    public async Task Reload_Users_OneComesAndOneGoes()
    {
        await using var server = await StartAsync(Users("alice", AliceKey), anonymous: false);
        Assert.Equal(200, (await server.CreateAsAsync(AliceKey)).Status);
        Assert.Equal(403, (await server.CreateAsAsync(BobKey)).Status);

        await ReloadAsync(server, Users("bob", BobKey));

        Assert.Equal(403, (await server.CreateAsAsync(AliceKey)).Status);
        Assert.Equal(200, (await server.CreateAsAsync(BobKey)).Status);
    }

    [Fact]
    public async Task Reload_FirstUsers_UnknownKeysAreRefused()
    {
        await using var server = await StartAsync("");
        Assert.Equal(200, (await server.CreateAsAsync(AliceKey)).Status);

        await ReloadAsync(server, Users("bob", BobKey));

        Assert.Equal(403, (await server.CreateAsAsync(AliceKey)).Status);
    }

    [Fact]
    public async Task Reload_PreviousSecrets_TokensCountAsLongAsTheListSaysSo()
    {
        string id, token;
        await using (var before = await StartAsync($"secret: {Previous}"))
        {
            var deployment = await before.CreateAsync();
            await deployment.PutAsync("k", "v");
            (id, token) = (deployment.Id, deployment.Token);
        }

        await using var server = await StartAsync(WithPrevious(verify: true));
        Assert.Equal(200, (await server.Open(id, token).GetAsync("k")).Status);

        await ReloadAsync(server, WithPrevious(verify: false));
        Assert.Equal(401, (await server.Open(id, token).GetAsync("k")).Status);

        await ReloadAsync(server, WithPrevious(verify: true));
        Assert.Equal("v", (await server.Open(id, token).GetAsync("k?raw")).Text);

        await ReloadAsync(server, $"secret: {Current}");
        Assert.Equal(401, (await server.Open(id, token).GetAsync("k")).Status);
    }

    [Fact]
    public async Task Reload_SecretsSwapped_KeepsBothUntilTheRestart()
    {
        await using var server = await StartAsync(WithPrevious(verify: true));
        var deployment = await server.CreateAsync();

        await ReloadAsync(server, $"secret: {Previous}");

        Assert.Equal(200, (await deployment.PutAsync("k", "v")).Status);
        Assert.Equal("v", (await deployment.GetAsync("k?raw")).Text);
    }

    [Theory]
    [InlineData("limits: { value_bytes: 3 }\ntoken: { ttl_hours: nonsense }")]
    [InlineData("limits: { value_bytes: 3 }\nusers: [{ uid: x }]")]
    [InlineData("limits: { value_bytes: 3")]
    [InlineData(null)]
    public async Task Reload_InvalidOrMissingFile_ChangesNothing(string? yaml)
    {
        await using var server = await StartAsync("log: { format: json }");
        var deployment = await server.CreateAsync();

        await ReloadAsync(server, yaml);

        Assert.Equal(200, (await deployment.PutAsync("k", "four")).Status);
    }

    [Fact]
    public async Task HangUp_EachTime_OneLineSaysWhatChangedAndTheServerGoesOn()
    {
        await File.WriteAllTextAsync(_folder.File("goterra-store.yml"), "limits: { keys: 100 }");
        await using var server = await ServerProcess.StartAsync(_folder);
        var deployment = await server.CreateAsync();

        var lines = await HangUpAsync(
            server,
            "limits: { keys: 200 }\nlog: { level: debug }\nweb: { port: 1 }\n" + Users("alice", AliceKey),
            "keys: 100\nnonsense: [",
            "limits: { keys: 200 }\nlog: { level: debug }\n" + Users("alice", AliceKey));

        Assert.Equal(
            $"Configuration reloaded from {_folder.File("goterra-store.yml")}: limits.keys 100 -> 200, "
            + "log.level default -> debug, users (0 -> 1).",
            lines[0]);
        Assert.StartsWith(
            "The configuration was not reloaded, and nothing changed: " + _folder.File("goterra-store.yml"), lines[1],
            StringComparison.Ordinal);
        Assert.EndsWith(": nothing changed.", lines[2], StringComparison.Ordinal);
        Assert.Equal(200, (await deployment.PutAsync("k", "v")).Status);
        Assert.Equal(0, await server.TerminateAsync());
    }

    [Fact]
    public async Task HangUp_SettingThatNeedsARestart_IsNamedUntilThen()
    {
        await File.WriteAllTextAsync(_folder.File("goterra-store.yml"), "limits: { keys: 100 }");
        await using var server = await ServerProcess.StartAsync(_folder);

        var lines = await HangUpAsync(
            server, "limits: { redemptions: 5 }", "limits: { redemptions: 5, keys: 7 }");

        Assert.EndsWith(
            ": limits.keys 100 -> default. Restart the server to apply: limits.redemptions.", lines[0],
            StringComparison.Ordinal);
        Assert.EndsWith(
            ": limits.keys default -> 7. Restart the server to apply: limits.redemptions.", lines[1],
            StringComparison.Ordinal);
    }

    /// <summary>Reloads each file in turn.</summary>
    /// <returns>The line about each.</returns>
    private async Task<IReadOnlyList<string>> HangUpAsync(ServerProcess server, params string[] files)
    {
        IReadOnlyList<string> lines = [];
        for (var i = 0; i < files.Length; i++)
        {
            await File.WriteAllTextAsync(_folder.File("goterra-store.yml"), files[i]);
            Signals.Send(server.Id, "HUP");
            var count = i + 1;
            await Eventually.Async(() =>
            {
                lines = [.. server.Output.Split('\n').Where(line => line.StartsWith('{')).Select(MessageOf)
                    .Where(text => text.Contains("onfiguration", StringComparison.Ordinal)
                        && text.Contains("reloaded", StringComparison.Ordinal))];
                return lines.Count == count;
            });
        }

        return lines;
    }

    private static string MessageOf(string line) => JsonDocument.Parse(line).RootElement.GetProperty("@m").GetString()!
        .Replace("\"", "", StringComparison.Ordinal);

    private Task<RunningServer> StartAsync(string yaml, bool anonymous = true) => StartAsync(yaml, _folder, anonymous);

    private static Task<RunningServer> StartAsync(string yaml, TempFolder? folder, bool anonymous = true) =>
        RunningServer.StartAsync(
            new Dictionary<string, string?> { ["GOT_FEAT_ANONYMOUS"] = anonymous ? "1" : "" }, folder, yaml: yaml);

    private async Task ReloadAsync(RunningServer server, string? yaml)
    {
        File.Delete(_folder.File("goterra-store.yml"));
        if (yaml is not null)
            await File.WriteAllTextAsync(_folder.File("goterra-store.yml"), yaml);
        server.Services.GetRequiredService<ConfigurationReload>().Reload();
    }

    private static string WithPrevious(bool verify) => string.Create(
        CultureInfo.InvariantCulture,
        $"secret: {Current}\nprevious_secrets: [{{ secret: '{Previous}', verify: {(verify ? "true" : "false")} }}]");

    private static string Users(string uid, string key) => $"users: [{{ uid: {uid}, key_sha256: {Hash(key)} }}]";

    private static string Hash(string key) => Convert.ToHexStringLower(
        System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(key)));
}
