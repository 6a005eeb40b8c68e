using System.Diagnostics;

namespace Goterra.Tests.EndToEnd.Examples;

/// <summary>examples/terraform-local-exec with the real terraform, the real client and the real server.</summary>
[Trait("Category", "EndToEnd")]
public sealed class TerraformLocalExecTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private string _client = CliProcess.ProgramPath;

    public TerraformLocalExecTests()
    {
        foreach (var file in new[] { "main.tf", "goterra.sh" })
            File.Copy(SourceTree.PathOf("examples/terraform-local-exec/" + file), _folder.File(file));
    }

    public void Dispose() => _folder.Dispose();

    [FactWith("terraform")]
    public Task Apply_Tokens_InstallsReadsBackAndCleansUp() => InstallAsync();

    [FactWith("terraform")]
    public Task Apply_Tickets_InstallsReadsBackAndCleansUp() => InstallAsync("-var=tickets=true");

    [FactWith("terraform")]
    public async Task Apply_AMachineFails_EndsWithTheReason()
    {
        await using var server = await RunningServer.StartAsync();
        await RunAsync(server, "init");

        // Nobody waits for the patience to be over: that would be an hour.
        var (exit, output) = await RunAsync(
            server, "apply", "-auto-approve", "-var=patience=1h", "-var=broken=worker-2");

        Assert.Equal(1, exit);
        Assert.Contains(
            "worker-2: there is no disk",
            string.Join(' ', output.Split((char[])['\n', ' ', '│'], StringSplitOptions.RemoveEmptyEntries)),
            StringComparison.Ordinal);

        // Only that machine is replaced; the others have waited.
        var (again, repaired) = await RunAsync(server, "apply", "-auto-approve", "-var=patience=1h");
        Assert.True(again == 0, repaired);
        Assert.Equal(
            "https://10.0.0.1:6443", await File.ReadAllTextAsync(_folder.File(".goterra/default/cluster_address")));
        Assert.Equal(0, (await RunAsync(server, "destroy", "-auto-approve")).Exit);
    }

    [FactWith("terraform")]
    public async Task Destroy_ApplyInterruptedAfterTheRequest_LeavesNoDeployment()
    {
        if (OperatingSystem.IsWindows())
            return;
        await using var server = await RunningServer.StartAsync();
        await RunAsync(server, "init");
        await File.WriteAllTextAsync(
            _folder.File("interrupted.sh"),
            $"#!/bin/sh\n'{CliProcess.ProgramPath}' \"$@\" >/dev/null\nkill -9 $PPID\n");
        File.SetUnixFileMode(_folder.File("interrupted.sh"), UnixFileMode.UserRead | UnixFileMode.UserExecute);

        _client = _folder.File("interrupted.sh");
        Assert.Equal(1, (await RunAsync(server, "apply", "-auto-approve")).Exit);
        Assert.Equal(1, await server.CountDeploymentsAsync());
        Assert.False(File.Exists(_folder.File(".goterra/default/id")));
        _client = CliProcess.ProgramPath;
        var (exit, output) = await RunAsync(server, "destroy", "-auto-approve");

        Assert.True(exit == 0, output);
        Assert.Equal(0, await server.CountDeploymentsAsync());
        Assert.False(Directory.Exists(_folder.File(".goterra/default")));
    }

    [FactWith("terraform")]
    public async Task Destroy_FolderLost_DeletesTheDeploymentOfThisWorkspaceOnly()
    {
        await using var server = await RunningServer.StartAsync();
        await RunAsync(server, "init");
        Assert.Equal(0, (await RunAsync(server, "apply", "-auto-approve")).Exit);
        await RunAsync(server, "workspace", "new", "two");
        Assert.Equal(0, (await RunAsync(server, "apply", "-auto-approve")).Exit);
        Assert.Equal(2, await server.CountDeploymentsAsync());

        Directory.Delete(_folder.File(".goterra"), recursive: true);
        var (exit, output) = await RunAsync(server, "destroy", "-auto-approve");

        Assert.True(exit == 0, output);
        Assert.Equal(1, await server.CountDeploymentsAsync());
        await RunAsync(server, "workspace", "select", "default");
        Assert.Equal(0, (await RunAsync(server, "destroy", "-auto-approve")).Exit);
        Assert.Equal(0, await server.CountDeploymentsAsync());
    }

    private async Task InstallAsync(params string[] variables)
    {
        await using var server = await RunningServer.StartAsync();
        Assert.Equal(0, (await RunAsync(server, "init")).Exit);

        var applied = await RunAsync(server, ["apply", "-auto-approve", .. variables]);
        Assert.True(applied.Exit == 0, applied.Output);
        Assert.Equal(
            "https://10.0.0.1:6443", await File.ReadAllTextAsync(_folder.File(".goterra/default/cluster_address")));
        var planned = await RunAsync(server, ["plan", "-detailed-exitcode", .. variables]);
        Assert.True(planned.Exit == 0, planned.Output);

        // What the machines handed each other, and what opens the deployment, is in no state, plan or output.
        var id = (await File.ReadAllTextAsync(_folder.File(".goterra/default/id"))).Trim();
        var token = (await File.ReadAllTextAsync(_folder.File(".goterra/default/token"))).Trim();
        var joinToken = (await server.Open(id, token).GetAsync("join_token?raw")).Text;
        Assert.Equal(32, joinToken.Length);
        foreach (var text in new[] { applied.Output, planned.Output, await File.ReadAllTextAsync(
            _folder.File("terraform.tfstate")) })
            Assert.All(
                [token, joinToken, "eyJ"], secret => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));

        var destroyed = await RunAsync(server, ["destroy", "-auto-approve", .. variables]);
        Assert.True(destroyed.Exit == 0, destroyed.Output);
        Assert.Equal(410, (await server.Open(id, token).GetAsync("join_token")).Status);
        Assert.False(Directory.Exists(_folder.File(".goterra/default")));
    }

    private async Task<(int Exit, string Output)> RunAsync(RunningServer server, params string[] arguments)
    {
        var start = new ProcessStartInfo(
            "terraform", [.. arguments, "-no-color"])
        {
            WorkingDirectory = _folder.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true
        };
        foreach (var name in start.Environment.Keys.Where(
            name => name.StartsWith(
                "GOT", StringComparison.Ordinal) || name.StartsWith("TF_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        start.Environment["TF_VAR_goterra_url"] = server.Address.ToString().TrimEnd('/');
        start.Environment["GOTERRA_CLI"] = _client;
        start.Environment["CHECKPOINT_DISABLE"] = "1";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await errors);
    }
}
