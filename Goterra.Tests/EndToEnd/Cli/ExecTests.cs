using System.Diagnostics;
using System.Text;
using static Goterra.Tests.Support.TestCommand;

namespace Goterra.Tests.EndToEnd.Cli;

/// <summary>`exec`, with real commands.</summary>
[Trait("Category", "EndToEnd")]
public sealed class ExecTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [Fact]
    public async Task Exec_Values_AreVariables()
    {
        var deployment = await DeploymentAsync(("join_token", "K10\nabc"), ("nodes/n-1", "10.0.0.1"), ("empty", ""));

        var run = await ExecAsync(
            deployment,
            [],
            "printf '%s|' \"$GOT_VALUE_join_token\" \"$GOT_VALUE_nodes_n_1\" \"${GOT_VALUE_empty-unset}\"");

        Assert.Equal((0, "K10\nabc|10.0.0.1||", ""), (run.ExitCode, run.Text, run.Errors));
    }

    [Fact]
    public async Task Exec_Plain_UsesTheKeysAsNames()
    {
        var deployment = await DeploymentAsync(
            ("env/DB_HOST", "db1"), ("env/x", "1"), ("db_port", "5432"), ("PATH", "/evil"));

        var folder = await ExecAsync(deployment, ["--plain", "--prefix", "env/"], "echo $DB_HOST $x $db_port");
        var prefix = await ExecAsync(deployment, ["--plain", "--prefix", "db_"], "echo $DB_HOST $db_port");

        Assert.Equal((0, "db1 1\n"), (folder.ExitCode, folder.Text));
        Assert.Equal((0, "5432\n"), (prefix.ExitCode, prefix.Text));
    }

    [Theory]
    [InlineData("LD_PRELOAD")]
    [InlineData("LD_ANYTHING")]
    [InlineData("PATH")]
    [InlineData("path")]
    [InlineData("BASH_ENV")]
    [InlineData("ENV")]
    [InlineData("IFS")]
    [InlineData("GOT_TOKEN")]
    [InlineData("PYTHONPATH")]
    [InlineData("PERL5OPT")]
    [InlineData("NODE_OPTIONS")]
    [InlineData("RUBYOPT")]
    [InlineData("JAVA_TOOL_OPTIONS")]
    [InlineData("_JAVA_OPTIONS")]
    [InlineData("SHELLOPTS")]
    [InlineData("PS4")]
    [InlineData("PROMPT_COMMAND")]
    [InlineData("HOME")]
    [InlineData("HOSTALIASES")]
    [InlineData("RES_OPTIONS")]
    [InlineData("GCONV_PATH")]
    [InlineData("GIT_SSH_COMMAND")]
    [InlineData("SSL_CERT_FILE")]
    [InlineData("https_proxy")]
    [InlineData("ALL_PROXY")]
    [InlineData("DOTNET_STARTUP_HOOKS")]
    [InlineData("EDITOR")]
    [InlineData("KUBECONFIG")]
    [InlineData("1st")]
    [InlineData("a-b")]
    [InlineData("a/b")]
    [InlineData("é")]
    public async Task Exec_PlainWithReservedName_IsRefusedWithTheReason(string key)
    {
        var deployment = await DeploymentAsync((key, "CANARY"));

        var refused = await ExecAsync(deployment, ["--plain"], "echo ran");
        var prefixed = await ExecAsync(deployment, [], "env | grep -a CANARY");

        Assert.Equal((1, ""), (refused.ExitCode, refused.Text));
        Assert.StartsWith(
            $"goterra-cli: exec: the key {key} would set the variable {key}, which is refused: ",
            refused.Errors,
            StringComparison.Ordinal);
        Assert.DoesNotContain("CANARY", refused.Errors, StringComparison.Ordinal);
        Assert.Equal(0, prefixed.ExitCode);
        Assert.StartsWith("GOT_VALUE_", prefixed.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exec_NoValues_RunsWithANotice()
    {
        var deployment = await fixture.Server.CreateAsync();

        var run = await CliProcess.RunAsync(["exec", "--prefix", "nodes/", "--", "echo", "ran"], Variables(deployment));

        Assert.Equal((0, "ran\n"), (run.ExitCode, run.Text));
        Assert.Contains(
            "no key that starts with nodes/ yet, running the command without (exec does not wait",
            run.Errors,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exec_TwoKeysWithOneName_IsRefused()
    {
        var deployment = await DeploymentAsync(("a-b", "1"), ("a.b", "2"));

        var run = await ExecAsync(deployment, [], "echo ran");

        Assert.Equal((1, ""), (run.ExitCode, run.Text));
        Assert.Contains(
            "the keys a-b and a.b would both be the variable GOT_VALUE_a_b", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exec_UnsupportedValues_AreRefusedByName()
    {
        var deployment = await DeploymentAsync();
        await deployment.PutAsync("nul", [65, 0, 66]);
        await deployment.PutAsync("long", new string('x', 131_100));

        var nul = await ExecAsync(deployment, ["--prefix", "nul"], "echo ran");
        var tooLong = await ExecAsync(deployment, ["--prefix", "long"], "echo ran");

        Assert.Equal((1, ""), (nul.ExitCode, nul.Text));
        Assert.Contains("the value of nul contains a NUL byte", nul.Errors, StringComparison.Ordinal);
        Assert.Equal((1, ""), (tooLong.ExitCode, tooLong.Text));
        Assert.Contains("the value of long has 131100 bytes", tooLong.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exec_TooManyValues_IsAnError()
    {
        var deployment = await DeploymentAsync();
        for (var i = 0; i < 60; i++)
            await deployment.PutAsync($"big{i}", new string('x', 120_000));

        var run = await ExecAsync(deployment, [], "echo ran");

        Assert.Equal((126, ""), (run.ExitCode, run.Text));
        Assert.Contains("exceed the limit of the kernel", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exec_InvalidUtf8_IsPreserved()
    {
        var deployment = await DeploymentAsync();
        await deployment.PutAsync("bytes", [0xFF, 0x41, 0xC3]);

        var run = await ExecAsync(deployment, [], "printf %s \"$GOT_VALUE_bytes\"");

        Assert.Equal([0xFF, 0x41, 0xC3], run.Output);
    }

    [Fact]
    public async Task Exec_Process_IsReplaced()
    {
        var deployment = await DeploymentAsync();
        using var exec = CliProcess.Start(
            ["exec", "--", "sh", "-c", "echo $$; cat; exit 9"], Variables(deployment), Encoding.UTF8.GetBytes("stdin"));

        var run = await exec.WaitAsync();

        Assert.Equal((9, $"{exec.Id}\nstdin"), (run.ExitCode, run.Text));
    }

    [Fact]
    public async Task Exec_Signals_HaveTheirDefaultActions()
    {
        var deployment = await DeploymentAsync();
        using var exec = CliProcess.Start(
            ["exec", "--", "sh", "-c", "grep -E 'Sig(Blk|Ign|Cgt)' /proc/self/status; echo ready; exec sleep 600"],
            Variables(deployment));
        await exec.FirstOutputAsync();

        Signal("TERM", exec.Id);

        var run = await exec.WaitAsync();
        Assert.Equal(143, run.ExitCode);
        // Under nohup, or in the background of a script, signals are already ignored when the tests start.
        Assert.Contains($"SigIgn:\t{await IgnoredSignalsAsync():x16}\n", run.Text, StringComparison.Ordinal);
        Assert.Contains("SigBlk:\t0000000000000000", run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exec_Credentials_AreRemovedByDefault()
    {
        var deployment = await DeploymentAsync(("k", "v"));

        var without = await ExecAsync(deployment, [], "env");
        var with = await ExecAsync(deployment, ["--pass-credentials"], "env");

        Assert.DoesNotContain("GOT_TOKEN=", without.Text, StringComparison.Ordinal);
        Assert.Contains("GOT_URL=", without.Text, StringComparison.Ordinal);
        Assert.Contains($"GOT_TOKEN={deployment.Token}\n", with.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exec_CommandNotFound_ExitsWith127()
    {
        var deployment = await DeploymentAsync(("k", "v"));

        var run = await CliProcess.RunAsync(["exec", "--", "no-such-program-anywhere"], Variables(deployment));

        Assert.Equal(
            (127, "goterra-cli: no-such-program-anywhere: command not found\n"),
            (run.ExitCode, run.Errors));
    }

    private async Task<TestDeployment> DeploymentAsync(params (string Key, string Value)[] values)
    {
        var deployment = await fixture.Server.CreateAsync();
        foreach (var (key, value) in values)
            Assert.Equal(
                200,
                (
                    await deployment.PutAsync(
                        key.Contains('/', StringComparison.Ordinal) ? key : Uri.EscapeDataString(key), value)).Status);
        return deployment;
    }

    private static Task<CliRun> ExecAsync(TestDeployment deployment, string[] options, string script) =>
        CliProcess.RunAsync(["exec", .. options, "--", "sh", "-c", script], Variables(deployment));

    /// <summary>The signals that a child of the tests ignores, without SIGPIPE, which .NET itself ignores.</summary>
    private static async Task<long> IgnoredSignalsAsync()
    {
        const long Pipe = 1 << 12;
        var start = new ProcessStartInfo("grep", ["SigIgn", "/proc/self/status"]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        return Convert.ToInt64((await process.StandardOutput.ReadToEndAsync()).Split('\t')[1].Trim(), 16) & ~Pipe;
    }
}
