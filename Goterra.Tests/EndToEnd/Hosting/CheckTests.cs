using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Goterra.Tests.EndToEnd.Hosting;

/// <summary><c>goterra-store check</c>, <c>stats</c> and <c>completion</c>.</summary>
[Trait("Category", "EndToEnd")]
public sealed class CheckTests : IDisposable
{
    private const string Secret = "a secret of the tests, longer than 32 bytes";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Check_BeforeTheFirstStart_IsOkAndCreatesNothing()
    {
        var (code, output) = await RunAsync("check");

        Assert.True(code == 0, output);
        Assert.Equal(
            ["configuration", "secret", "store", "auth service", "clock"],
            Lines(output).Select(line => line.Split(": ")[0]));
        Assert.All(Lines(output), line => Assert.Contains(": ok: ", line, StringComparison.Ordinal));
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task Check_RunningServer_IsOk()
    {
        await using var server = await ServerProcess.StartAsync(_folder);
        await (await server.CreateAsync()).PutAsync("k", "v");

        var (code, output) = await RunAsync("check");

        Assert.True(code == 0, output);
        Assert.Contains($"secret: ok: {_folder.File("goterra-store.secret")}", output, StringComparison.Ordinal);
        Assert.Contains("store: ok: embedded, in", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_InvalidConfiguration_IsAnErrorThatNamesTheSetting()
    {
        var (code, output) = await RunAsync("check", "--web.port", "99999");

        Assert.Equal(2, code);
        Assert.StartsWith(
            "configuration: error: web.port (GOT_WEB_PORT): ", Assert.Single(Lines(output)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_UnknownSetting_IsAWarning()
    {
        await File.WriteAllTextAsync(_folder.File("goterra-store.yml"), "web: { prot: 1 }");

        var (code, output) = await RunAsync("check");

        Assert.Equal(0, code);
        Assert.Contains("configuration: warning: Unknown setting web.prot", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_SecretWasReplaced_IsAnError()
    {
        await using (await ServerProcess.StartAsync(_folder))
        {
        }

        await File.WriteAllTextAsync(_folder.File("goterra-store.secret"), Secret);
        var (code, output) = await RunAsync("check");

        Assert.Equal(1, code);
        Assert.Contains("secret: error: the store was created with another one", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_AuthService_SaysWhetherItAnswers()
    {
        await using var auth = await AuthService.StartAsync();
        await File.WriteAllTextAsync(_folder.File("goterra-store.yml"), $"auth: {{ url: '{auth.Address}' }}");

        Assert.Contains(
            $"auth service: ok: {auth.Address}", (await RunAsync("check")).Output, StringComparison.Ordinal);

        auth.Instead = async context =>
        {
            context.Response.StatusCode = 500;
            await context.Response.CompleteAsync();
        };
        var (code, output) = await RunAsync("check");
        Assert.Equal(1, code);
        Assert.Contains($"auth service: error: {auth.Address}: ", output, StringComparison.Ordinal);
    }

    [FactWith("faketime")]
    public async Task Check_ClockBeforeTheLastWrite_IsAnError()
    {
        await using (var server = await ServerProcess.StartAsync(_folder))
            await server.CreateAsync();

        using var process = Process.Start(new ProcessStartInfo(
            "faketime",
            ["-f", "-2d", "dotnet", Path.Combine(AppContext.BaseDirectory, "goterra-store.dll"), "check"])
        {
            WorkingDirectory = _folder.Path,
            RedirectStandardOutput = true,
        })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.Contains("clock: error: ", output, StringComparison.Ordinal);
        Assert.Equal(1, process.ExitCode);
    }

    [FactWith("redis-server")]
    public async Task Check_Redis_SaysWhatItLacks()
    {
        await using var redis = await RedisServer.StartAsync();
        string[] options = ["--redis.host", "127.0.0.1", "--redis.port", $"{redis.Port}"];
        await File.WriteAllTextAsync(_folder.File("goterra-store.yml"), $"secret: '{Secret}'");

        var (code, output) = await RunAsync(["check", .. options]);
        Assert.True(code == 0, output);
        Assert.Contains("not created yet", output, StringComparison.Ordinal);

        await redis.KillAsync();
        (code, output) = await RunAsync(["check", .. options]);
        Assert.Equal(1, code);
        Assert.Contains("store: error: 127.0.0.1", output, StringComparison.Ordinal);
    }

    [Theory]
    [ClassData(typeof(EachStoreData))]
    public async Task Stats_WhileAServerRuns_CountsWhatIsThere(StoreKind kind)
    {
        await using var redis = kind == StoreKind.Redis ? await RedisServer.StartAsync() : null;
        if (redis is not null)
            await File.WriteAllTextAsync(
                _folder.File("goterra-store.yml"),
                $"secret: '{Secret}'\nredis: {{ host: 127.0.0.1, port: {redis.Port} }}");
        await using var server = await ServerProcess.StartAsync(_folder);
        var (one, other) = (await server.CreateAsync(), await server.CreateAsync());
        await one.PutAsync("a", "12345");
        await one.PutAsync("b", new byte[300_000]);
        await other.PostAsync("fail", """{"reason":"tried"}""");
        var wait = other.GetAsync("absent?wait=10m");

        var output = "";
        await Eventually.Async(async () =>
        {
            output = (await RunAsync("stats")).Output;
            return redis is null || output.Contains("waits: 0", StringComparison.Ordinal);
        });

        Assert.Contains("deployments: 2\nfailed: 1\nkeys: 2\nvalue_bytes: 300005\n", output, StringComparison.Ordinal);
        Assert.Matches(@"store_bytes: [1-9]\d{5,}", output);
        Assert.Equal(424, (await wait).Status);
    }

    [Fact]
    public async Task Health_OfTheServerOnThatPort_SaysWhetherItIsReady()
    {
        await using var server = await ServerProcess.StartAsync(_folder);
        var port = $"{server.Address.Port}";

        var (code, output) = await RunAsync("health", "--web.port", port);
        Assert.True(code == 0, output);
        Assert.Contains("\"ok\"", output, StringComparison.Ordinal);

        await server.TerminateAsync();
        Assert.Equal(1, (await RunAsync("health", "--web.port", port)).ExitCode);
    }

    [TheoryWith("bash")]
    [InlineData("", "check")]
    [InlineData("che", "check")]
    [InlineData("--web.p", "--web.port")]
    [InlineData("check --dat", "--data")]
    [InlineData("completion ba", "bash")]
    public async Task Completion_Bash_OffersCommandsAndSettings(string typed, string offered)
    {
        var (_, script) = await RunAsync("completion", "bash");
        var words = $"goterra-store {typed}".Split(' ');
        await File.WriteAllTextAsync(
            _folder.File("try.sh"),
            script + $"\nCOMP_WORDS=({string.Join(' ', words.Select(word => $"'{word}'"))})\n"
            + $"COMP_CWORD={words.Length - 1}\n_goterra_store\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n");

        using var bash = Process.Start(
            new ProcessStartInfo("bash", [_folder.File("try.sh")]) { RedirectStandardOutput = true })!;
        var output = await bash.StandardOutput.ReadToEndAsync();
        await bash.WaitForExitAsync();

        Assert.Contains(offered, output.Split('\n'));
    }

    [FactWith("fish")]
    public async Task Completion_Fish_IsAValidScript()
    {
        var (_, script) = await RunAsync("completion", "fish");
        await File.WriteAllTextAsync(_folder.File("try.fish"), script);

        using var fish = Process.Start("fish", ["--no-execute", _folder.File("try.fish")]);
        await fish.WaitForExitAsync();

        Assert.Equal(0, fish.ExitCode);
        Assert.Matches(new Regex("(?m)^complete -c goterra-store -l web.port -r$"), script);
    }

    private Task<(int ExitCode, string Output)> RunAsync(params string[] args) => ServerProcess.RunAsync(_folder, args);

    private static string[] Lines(string output) => output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
