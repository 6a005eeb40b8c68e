using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Goterra.Tests.Api;
using Goterra.Tests.Hosting;

namespace Goterra.Tests.Cli;

/// <summary>goterra.sh, in the shells and with the tools that machines have, against the real server.</summary>
public sealed class ShClientTests(ServerFixture fixture) : IClassFixture<ServerFixture>, IDisposable
{
    private static readonly string Script = SourceTree.PathOf("deploy/client/goterra.sh");

    private readonly TempFolder _folder = new();
    private string _trim = "";
    private (string Name, string Value)? _more;

    /// <summary>What runs the script, and what it finds to speak HTTP with.</summary>
    public static TheoryData<string, string> Machines => new()
    {
        { "dash", "curl" }, { "dash", "wget" }, { "busybox", "curl" }, { "busybox", "wget" },
    };

    public void Dispose() => _folder.Dispose();

    [TheoryWith("dash", "busybox", "curl", "wget"), MemberData(nameof(Machines))]
    public async Task PutAndGet_AnyBytes_ArriveExactly(string shell, string tool)
    {
        var deployment = await fixture.Server.CreateAsync();
        var bytes = RandomNumberGenerator.GetBytes(70_000);
        await File.WriteAllBytesAsync(_folder.File("in"), bytes);

        Assert.Equal((0, "", ""), await RunAsync(shell, tool, deployment, "put", "dir/k e y", "@" + _folder.File("in")));
        Assert.Equal(bytes, (await deployment.GetAsync("dir/k%20e%20y?raw")).Bytes);
        Assert.Equal((0, "", ""), await RunAsync(shell, tool, deployment, "put", "empty", ""));
        Assert.Equal((0, "\n", ""), await RunAsync(shell, tool, deployment, "get", "empty"));
        Assert.Equal((0, "", ""), await RunAsync(shell, tool, deployment, "put", "text", "grüße 'x' \"y\""));
        Assert.Equal((0, "grüße 'x' \"y\"", ""), await RunAsync(shell, tool, deployment, "get", "-n", "text"));
    }

    [TheoryWith("dash", "busybox", "curl", "wget"), MemberData(nameof(Machines))]
    public async Task Get_NotThereYet_Waits(string shell, string tool)
    {
        var deployment = await fixture.Server.CreateAsync();
        var got = RunAsync(shell, tool, deployment, "get", "later");
        while ((await deployment.GetAsync("?values=false")).Json.GetProperty("waiting").GetArrayLength() == 0)
            await Task.Yield();

        await deployment.PutAsync("later", "here");

        Assert.Equal((0, "here\n", ""), await got);
    }

    [TheoryWith("dash", "busybox", "curl", "wget"), MemberData(nameof(Machines))]
    public async Task Wait_ForABarrier_PrintsTheValuesInTheOrderOfTheirKeys(string shell, string tool)
    {
        var deployment = await fixture.Server.CreateAsync();
        await deployment.PutAsync("n/b", "second");
        await deployment.PutAsync("n/%F0%9F%98%80", "third");
        await deployment.PutAsync("n/a", "first");

        Assert.Equal((0, "first\nsecond\nthird\n", ""), await RunAsync(shell, tool, deployment, "wait", "--prefix", "n/", "--count", "3"));
    }

    [TheoryWith("dash", "busybox", "curl", "wget"), MemberData(nameof(Machines))]
    public async Task EachEnd_HasItsExitCodeAndOneLineOnStderr(string shell, string tool)
    {
        var deployment = await fixture.Server.CreateAsync();
        var failed = await fixture.Server.CreateAsync();
        await failed.PostAsync("fail", """{"reason":"no \"disk\""}""");
        var gone = await fixture.Server.CreateAsync();
        await gone.DeleteAsync();

        await AssertEndAsync(3, "there is no such key", shell, tool, deployment, "get", "absent", "--no-wait");
        await AssertEndAsync(3, "timed out after 1s", shell, tool, deployment, "get", "absent", "--timeout", "1s");
        await AssertEndAsync(6, "no \"disk\"", shell, tool, failed, "get", "absent");
        await AssertEndAsync(5, "the deployment is gone", shell, tool, gone, "get", "k");
        await AssertEndAsync(4, "not authorised", shell, tool, fixture.Server.Open(deployment.Id, "not.a.token"), "get", "k");
        await AssertEndAsync(4, "not authorised", shell, tool, fixture.Server.Open(gone.Id, deployment.Token), "get", "k");
        await AssertEndAsync(7, "could not be reached", shell, tool, new TestDeployment(new Uri("http://127.0.0.1:1"), deployment.Id, deployment.Token), "get", "k", "--timeout", "1s");
        await AssertEndAsync(2, "KEY is empty", shell, tool, deployment, "get", "");
        await AssertEndAsync(2, "no option --nonsense", shell, tool, deployment, "get", "--nonsense", "x");
    }

    [TheoryWith("dash", "busybox", "curl", "wget"), MemberData(nameof(Machines))]
    public async Task Status_AndFail_SayWhatIsGoingOn(string shell, string tool)
    {
        var deployment = await fixture.Server.CreateAsync();
        await deployment.PutAsync("join_token", "CANARY");

        Assert.Equal((0, "", ""), await RunAsync(shell, tool, deployment, "fail", "no", "disk"));
        var (exit, output, _) = await RunAsync(shell, tool, deployment, "status");

        Assert.Equal(0, exit);
        Assert.Contains("failed", output, StringComparison.Ordinal);
        Assert.Contains("no disk", output, StringComparison.Ordinal);
        Assert.Contains("join_token", output, StringComparison.Ordinal);
        Assert.DoesNotContain("CANARY", output, StringComparison.Ordinal);
    }

    [TheoryWith("dash", "busybox", "curl", "wget"), MemberData(nameof(Machines))]
    public async Task Fail_ReasonIsAPieceOfALog_IsTakenAllTheSame(string shell, string tool)
    {
        var deployment = await fixture.Server.CreateAsync();
        var shortOne = await fixture.Server.CreateAsync();

        // Cut at 2000 bytes, it ends within a character.
        Assert.Equal((0, "", ""), await RunAsync(shell, tool, deployment, "fail", "no disk x" + new string('é', 1500)));
        Assert.Equal((0, "", ""), await RunAsync(shell, tool, shortOne, "fail", "voilà: 5 € 😀"));

        Assert.StartsWith("no disk x??", (await deployment.GetAsync("")).Json.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal("voilà: 5 € 😀", (await shortOne.GetAsync("")).Json.GetProperty("reason").GetString());
    }

    [TheoryWith("dash", "busybox", "curl", "wget"), MemberData(nameof(Machines))]
    public async Task Get_AnswerCutInItsMiddle_PrintsNothingOfIt(string shell, string tool)
    {
        const string whole = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nwhole!";
        await using var server = new RawServer(whole.Replace("le!", "", StringComparison.Ordinal), whole);

        var (exit, output, errors) = await RunAsync(shell, tool, new TestDeployment(new Uri(server.Url), "id", "token"), "get", "k");

        Assert.Equal((0, "whole!\n"), (exit, output));
        Assert.Contains("trying again", errors, StringComparison.Ordinal);
    }

    [TheoryWith("dash", "busybox", "curl", "wget"), MemberData(nameof(Machines))]
    public async Task Get_ServerIsRestartedMeanwhile_GetsItAllTheSame(string shell, string tool)
    {
        using var data = new TempFolder();
        var first = await RunningServer.StartAsync(folder: data);
        var deployment = await first.CreateAsync();
        var got = RunAsync(shell, tool, deployment, "get", "k");
        await first.WaitersAsync(1);
        await first.DisposeAsync();

        await using var second = await RunningServer.StartAsync(new Dictionary<string, string?> { ["GOT_WEB_PORT"] = $"{deployment.Server.Port}" }, data);
        await deployment.PutAsync("k", "v");

        Assert.Equal((0, "v\n"), await got is var run ? (run.Exit, run.Output) : default);
    }

    [TheoryWith("dash", "busybox", "curl", "wget"), MemberData(nameof(Machines))]
    public async Task Token_WhileItWaits_StandsInNoProcessArgument(string shell, string tool)
    {
        var deployment = await fixture.Server.CreateAsync();
        var got = RunAsync(shell, tool, deployment, "get", "later");
        while ((await deployment.GetAsync("?values=false")).Json.GetProperty("waiting").GetArrayLength() == 0)
            await Task.Yield();

        var arguments = Directory.GetFiles("/proc", "cmdline", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1, IgnoreInaccessible = true }).Select(ReadIfThere).ToList();
        await deployment.PutAsync("later", "here");

        Assert.Contains(arguments, line => line.Contains(deployment.Id, StringComparison.Ordinal));
        Assert.DoesNotContain(arguments, line => line.Contains(deployment.Token, StringComparison.Ordinal));
        Assert.Equal(0, (await got).Exit);
    }

    [TheoryWith("dash", "busybox", "curl", "wget"), MemberData(nameof(Machines))]
    public async Task Put_Trimmed_SendsTheLastBytesOfAFile(string shell, string tool)
    {
        var deployment = await fixture.Server.CreateAsync();
        await File.WriteAllTextAsync(_folder.File("log"), "0123456789");
        _trim = "4";

        Assert.Equal((0, "", ""), await RunAsync(shell, tool, deployment, "put", "log", "@" + _folder.File("log")));
        Assert.Equal((0, "", ""), await RunAsync(shell, tool, deployment, "put", "text", "0123456789"));

        Assert.Equal(("6789", "0123456789"), ((await deployment.GetAsync("log?raw")).Text, (await deployment.GetAsync("text?raw")).Text));
    }

    [TheoryWith("dash", "busybox", "curl", "wget"), MemberData(nameof(Machines))]
    public async Task Get_SomebodyToldOfAFailure_EndsWith6(string shell, string tool)
    {
        var deployment = await fixture.Server.CreateAsync();
        await deployment.PutAsync("failed/w1", "no disk");

        await AssertEndAsync(6, "failed", shell, tool, deployment, "get", "--fail-prefix", "failed/", "k");
    }

    [TheoryWith("dash", "curl")]
    [InlineData("GOT_FENCE", "leader \"1.ab\"", "goterra.sh can not hold a write against a lease")]
    [InlineData("GOT_TICKET", "id.secret", "goterra.sh does not know tickets")]
    public async Task Environment_ThatItDoesNotKnow_IsRefused(string variable, string value, string says)
    {
        var deployment = await fixture.Server.CreateAsync();
        _more = (variable, value);

        await AssertEndAsync(2, says, "dash", "curl", variable == "GOT_TICKET" ? fixture.Server.Open(deployment.Id, "") : deployment, "put", "k", "v");
        Assert.Equal(404, (await deployment.GetAsync("k")).Status);
    }

    [FactWith("dash")]
    public async Task Version_IsThatOfTheServer()
    {
        var (_, output, _) = await RunAsync("dash", "nothing", new TestDeployment(fixture.Server.Address, "id", "token"), "--version");

        var version = (await Reply.OfAsync(await fixture.Server.Client.GetAsync(new Uri("/store", UriKind.Relative)))).Json.GetProperty("version").GetString();
        Assert.Equal($"goterra.sh {version}\n", output);
    }

    [FactWith("shellcheck")]
    public async Task Scripts_ToShellcheck_AreClean()
    {
        string[] scripts = [Script, SourceTree.PathOf("deploy/client/install.sh"), SourceTree.PathOf("examples/terraform/goterra.sh"), SourceTree.PathOf("examples/cluster.sh"), SourceTree.PathOf("examples/three-candidates.sh")];
        using var check = Process.Start(new ProcessStartInfo("shellcheck", ["-s", "sh", .. scripts]) { RedirectStandardOutput = true })!;
        var findings = await check.StandardOutput.ReadToEndAsync();
        await check.WaitForExitAsync();

        Assert.Equal("", findings);
    }

    private async Task AssertEndAsync(int exit, string says, string shell, string tool, TestDeployment deployment, params string[] arguments)
    {
        var run = await RunAsync(shell, tool, deployment, arguments);

        Assert.True(run.Exit == exit && run.Output.Length == 0 && run.Errors.Contains(says, StringComparison.Ordinal), $"{string.Join(' ', arguments)}: {run}");
        Assert.False(deployment.Token.Length > 0 && run.Errors.Contains(deployment.Token, StringComparison.Ordinal));
    }

    private async Task<(int Exit, string Output, string Errors)> RunAsync(string shell, string tool, TestDeployment deployment, params string[] arguments)
    {
        var start = shell == "busybox" ? new ProcessStartInfo("busybox", ["sh", Script, .. arguments]) : new ProcessStartInfo("dash", [Script, .. arguments]);
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.StandardOutputEncoding = start.StandardErrorEncoding = Encoding.UTF8;
        start.Environment.Clear();
        start.Environment["PATH"] = Tools(tool);
        start.Environment["GOT_URL"] = deployment.Server.ToString().TrimEnd('/');
        start.Environment["GOT_DEPLOYMENT"] = deployment.Id;
        start.Environment["GOT_TOKEN"] = deployment.Token;
        start.Environment["GOT_TRIM"] = _trim;
        if (_more is (var name, var value))
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output, await errors);
    }

    // A process may end at any moment.
    private static string ReadIfThere(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (IOException)
        {
            return "";
        }
    }

    /// <summary>A folder with busybox's tools and, of those that speak HTTP, only this one.</summary>
    private string Tools(string tool)
    {
        var folder = _folder.File("tools-" + tool);
        if (Directory.Exists(folder))
            return folder;

        Directory.CreateDirectory(folder);
        string[] applets = ["awk", "cat", "cut", "date", "grep", "head", "kill", "mktemp", "od", "rm", "sed", "sleep", "sort", "tail", "tr", "wc"];
        foreach (var applet in applets)
            File.CreateSymbolicLink(Path.Combine(folder, applet), Programs.Find("busybox")!);
        if (tool != "nothing")
            File.CreateSymbolicLink(Path.Combine(folder, tool), Programs.Find(tool)!);
        return folder;
    }
}
