using System.Diagnostics;
using System.Security.Cryptography;

namespace Goterra.Tests.EndToEnd.Cli;

/// <summary>goterra.sh in several shells and with several HTTP clients, against the real server.</summary>
[Trait("Category", "EndToEnd")]
public sealed partial class ShClientTests : IClassFixture<ServerFixture>, IDisposable
{
    private readonly ServerFixture _fixture;
    private readonly TempFolder _folder = new();
    private readonly ShClient _client;

    public ShClientTests(ServerFixture fixture) => (_fixture, _client) = (fixture, new ShClient(_folder));

    public void Dispose() => _folder.Dispose();

    [TheoryWith("dash", "busybox", "curl", "wget")]
    [MemberData(nameof(ShClient.Machines), MemberType = typeof(ShClient))]
    public async Task PutAndGet_AnyBytes_ArePreserved(string shell, string tool)
    {
        var deployment = await _fixture.Server.CreateAsync();
        var bytes = RandomNumberGenerator.GetBytes(70_000);
        await File.WriteAllBytesAsync(_folder.File("in"), bytes);

        Assert.Equal(
            (0, "", ""), await _client.RunAsync(shell, tool, deployment, "put", "dir/k e y", "@" + _folder.File("in")));
        Assert.Equal(bytes, (await deployment.GetAsync("dir/k%20e%20y?raw")).Bytes);
        Assert.Equal(
            (0, "", ""),
            await _client.RunAsync(shell, tool, deployment, "get", "--out", _folder.File("out"), "dir/k e y"));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(_folder.File("out")));
        await _client.AssertEndAsync(
            1,
            "cannot be written",
            shell,
            tool,
            deployment,
            "get",
            "--out",
            _folder.File("no/such/folder"),
            "dir/k e y");
        Assert.Equal((0, "", ""), await _client.RunAsync(shell, tool, deployment, "put", "empty", ""));
        Assert.Equal((0, "\n", ""), await _client.RunAsync(shell, tool, deployment, "get", "empty"));
        Assert.Equal((0, "", ""), await _client.RunAsync(shell, tool, deployment, "put", "text", "grüße 'x' \"y\""));
        Assert.Equal(
            (0, "grüße 'x' \"y\"", ""), await _client.RunAsync(shell, tool, deployment, "get", "-n", "text"));
    }

    [TheoryWith("dash", "busybox", "curl", "wget")]
    [MemberData(nameof(ShClient.Machines), MemberType = typeof(ShClient))]
    public async Task Get_KeyNotFound_Waits(string shell, string tool)
    {
        var deployment = await _fixture.Server.CreateAsync();
        var got = _client.RunAsync(shell, tool, deployment, "get", "later");
        await Eventually.Async(async () =>
            (await deployment.GetAsync("?values=false")).Json.GetProperty("waiting").GetArrayLength() > 0);

        await deployment.PutAsync("later", "here");

        Assert.Equal((0, "here\n", ""), await got);
    }

    [TheoryWith("dash", "busybox", "curl", "wget")]
    [MemberData(nameof(ShClient.Machines), MemberType = typeof(ShClient))]
    public async Task Wait_Barrier_PrintsTheValuesOrderedByKey(string shell, string tool)
    {
        var deployment = await _fixture.Server.CreateAsync();
        await deployment.PutAsync("n/b", "second");
        await deployment.PutAsync("n/%F0%9F%98%80", "third");
        await deployment.PutAsync("n/a", "first");

        Assert.Equal(
            (0, "first\nsecond\nthird\n", ""),
            await _client.RunAsync(shell, tool, deployment, "wait", "--prefix", "n/", "--count", "3"));
    }

    [TheoryWith("dash", "busybox", "curl", "wget")]
    [MemberData(nameof(ShClient.Machines), MemberType = typeof(ShClient))]
    public async Task Get_EachError_HasAnExitCodeAndOneLineOnStderr(string shell, string tool)
    {
        var deployment = await _fixture.Server.CreateAsync();
        var failed = await _fixture.Server.CreateAsync();
        await failed.PostAsync("fail", """{"reason":"no \"disk\""}""");
        var gone = await _fixture.Server.CreateAsync();
        await gone.DeleteAsync();

        await _client.AssertEndAsync(3, "key not found", shell, tool, deployment, "get", "absent", "--no-wait");
        await _client.AssertEndAsync(
            3, "timed out after 1s", shell, tool, deployment, "get", "absent", "--timeout", "1s");
        await _client.AssertEndAsync(6, "no \"disk\"", shell, tool, failed, "get", "absent");
        await _client.AssertEndAsync(5, "the deployment is gone", shell, tool, gone, "get", "k");
        await _client.AssertEndAsync(
            4, "not authorized", shell, tool, _fixture.Server.Open(deployment.Id, "not.a.token"), "get", "k");
        await _client.AssertEndAsync(
            4, "not authorized", shell, tool, _fixture.Server.Open(gone.Id, deployment.Token), "get", "k");
        await _client.AssertEndAsync(
            7,
            "could not be reached",
            shell,
            tool,
            new TestDeployment(new Uri("http://127.0.0.1:1"), deployment.Id, deployment.Token),
            "get",
            "k",
            "--timeout",
            "1s");
        await _client.AssertEndAsync(2, "KEY is empty", shell, tool, deployment, "get", "");
        await _client.AssertEndAsync(2, "unknown option --nonsense", shell, tool, deployment, "get", "--nonsense", "x");
    }

    [TheoryWith("dash", "busybox", "curl", "wget")]
    [MemberData(nameof(ShClient.Machines), MemberType = typeof(ShClient))]
    public async Task StatusAndFail_RealServer_Succeed(string shell, string tool)
    {
        var deployment = await _fixture.Server.CreateAsync();
        await deployment.PutAsync("join_token", "CANARY");

        Assert.Equal((0, "", ""), await _client.RunAsync(shell, tool, deployment, "fail", "no", "disk"));
        var (exit, output, _) = await _client.RunAsync(shell, tool, deployment, "status");

        Assert.Equal(0, exit);
        Assert.Contains("failed", output, StringComparison.Ordinal);
        Assert.Contains("no disk", output, StringComparison.Ordinal);
        Assert.Contains("join_token", output, StringComparison.Ordinal);
        Assert.DoesNotContain("CANARY", output, StringComparison.Ordinal);
    }

    [TheoryWith("dash", "busybox", "curl", "wget")]
    [MemberData(nameof(ShClient.Machines), MemberType = typeof(ShClient))]
    public async Task FailAndResume_Source_TakesItBackAlone(string shell, string tool)
    {
        var deployment = await _fixture.Server.CreateAsync();
        await deployment.PostAsync("fail", """{"reason":"no memory","source":"w2"}""");

        Assert.Equal(
            (0, "", ""),
            await _client.RunAsync(shell, tool, deployment, "fail", "--source", "the \"w1\"", "no disk"));
        Assert.Equal(
            ["w2", "the \"w1\""],
            (await deployment.GetAsync("")).Json.GetProperty("failures").EnumerateArray()
                .Select(failure => failure.GetProperty("source").GetString()));
        Assert.Equal((0, "", ""), await _client.RunAsync(shell, tool, deployment, "resume", "--source", "w2"));
        Assert.Equal("no disk", (await deployment.GetAsync("")).Json.GetProperty("reason").GetString());
        await _client.AssertEndAsync(2, "--source is empty", shell, tool, deployment, "resume", "--source", "");
        Assert.Equal((0, "", ""), await _client.RunAsync(shell, tool, deployment, "resume"));
        Assert.Equal("active", (await deployment.GetAsync("")).Json.GetProperty("state").GetString());
    }

    [TheoryWith("dash", "busybox", "curl", "wget")]
    [MemberData(nameof(ShClient.Machines), MemberType = typeof(ShClient))]
    public async Task Fail_ReasonIsNotUtf8_IsAccepted(string shell, string tool)
    {
        var deployment = await _fixture.Server.CreateAsync();
        var shortOne = await _fixture.Server.CreateAsync();

        // Truncated at 2000 bytes, it ends within a character.
        Assert.Equal(
            (0, "", ""), await _client.RunAsync(shell, tool, deployment, "fail", "no disk x" + new string('é', 1500)));
        Assert.Equal((0, "", ""), await _client.RunAsync(shell, tool, shortOne, "fail", "voilà: 5 € 😀"));

        Assert.StartsWith(
            "no disk x??",
            (await deployment.GetAsync("")).Json.GetProperty("reason").GetString(),
            StringComparison.Ordinal);
        Assert.Equal("voilà: 5 € 😀", (await shortOne.GetAsync("")).Json.GetProperty("reason").GetString());
    }

    [TheoryWith("dash", "busybox", "curl", "wget")]
    [MemberData(nameof(ShClient.Machines), MemberType = typeof(ShClient))]
    public async Task Get_DeploymentFailed_ExitsWith6(string shell, string tool)
    {
        var deployment = await _fixture.Server.CreateAsync();
        await deployment.PutAsync("failed/w1", "no disk");

        await _client.AssertEndAsync(6, "failed", shell, tool, deployment, "get", "--fail-prefix", "failed/", "k");
    }

    [FactWith("dash", "busybox")]
    public async Task Version_OfTheShellClient_HasTheServersMajorAndMinor()
    {
        var deployment = new TestDeployment(_fixture.Server.Address, "id", "token");
        var (_, output, _) = await _client.RunAsync("dash", "nothing", deployment, "--version");

        var greeting = await _fixture.Server.Client.GetAsync(new Uri("/store", UriKind.Relative));
        var version = (await Reply.OfAsync(greeting)).Json.GetProperty("version").GetString()!;
        Assert.StartsWith("goterra.sh ", output, StringComparison.Ordinal);
        Assert.Equal(MajorMinor(version), MajorMinor(output["goterra.sh ".Length..]));

        static string MajorMinor(string text) => string.Join('.', text.Trim().Split('.').Take(2));
    }

    [FactWith("shellcheck")]
    public async Task Shellcheck_Scripts_HasNoFindings()
    {
        string[] scripts =
        [
            ShClient.Script,
            SourceTree.PathOf("deploy/client/install.sh"),
            SourceTree.PathOf("examples/terraform-local-exec/goterra.sh"),
            SourceTree.PathOf("examples/terraform/machine.sh"),
            SourceTree.PathOf("Goterra.Terraform/Resources/goterra-start.sh"),
            SourceTree.PathOf("examples/cluster.sh"),
            SourceTree.PathOf("examples/three-candidates.sh"),
        ];
        using var check = Process.Start(
            new ProcessStartInfo("shellcheck", ["-s", "sh", .. scripts]) { RedirectStandardOutput = true })!;
        var findings = await check.StandardOutput.ReadToEndAsync();
        await check.WaitForExitAsync();

        Assert.Equal("", findings);
    }

    // The process may have exited.
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
}
