using System.Diagnostics;
using Goterra.Tests.Api.Access;

namespace Goterra.Tests.EndToEnd.Examples;

/// <summary>The user-data of the examples: valid to cloud-init's own eyes, and booted by it.</summary>
[Trait("Category", "EndToEnd")]
public sealed class CloudInitExampleTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [FactWith("cloud-init")]
    public async Task UserData_ToCloudInit_IsValid()
    {
        foreach (var file in new[] { "master.yaml", "worker.yaml" })
        {
            var (exit, output) = await RunAsync(
                "cloud-init", "schema", "--config-file", SourceTree.PathOf("examples/cloud-init/" + file));
            Assert.True(exit == 0, output);
        }
    }

    [RootFactWith("cloud-init", "unshare", "curl")]
    public async Task MasterAndWorker_BootedByCloudInit_FindEachOther()
    {
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync();
        var master = await UserDataAsync(
            server, deployment, "master", """{"name":"master","write":["join_token","master_address"]}""");
        var worker = await UserDataAsync(server, deployment, "worker", Worker("worker-1"));
        var second = await UserDataAsync(server, deployment, "worker", Worker("worker-2"));

        // The workers come up first. One of them is of a kind for which there is no program.
        var boots = new List<Task<(int Exit, string Output)>> { BootAsync(
            worker, "worker-1", CliProcess.ProgramPath), BootAsync(second, "worker-2", ShClient.Script) };
        await server.WaitersAsync(2);
        boots.Add(BootAsync(master, "master", CliProcess.ProgramPath));

        Assert.All(await Task.WhenAll(boots), boot => Assert.True(boot.Exit == 0, boot.Output));
        Assert.Equal("joined master", (await deployment.GetAsync("nodes/worker-1?raw")).Text);
        Assert.Equal("joined master", (await deployment.GetAsync("nodes/worker-2?raw")).Text);
        Assert.Equal(64, (await deployment.GetAsync("join_token?raw")).Bytes.Length);

        // What is left in the user-data opens nothing to anybody else.
        var ticket = (await File.ReadAllLinesAsync(worker)).Single(
            line => line.Contains("GOT_TICKET=", StringComparison.Ordinal)).Split('=', 2)[1];
        Assert.Equal(410, (await TicketsTests.RedeemAsync(server, ticket, TicketsTests.NewMachine())).Status);
    }

    private static string Worker(string name) =>
        $$"""{"name":"{{name}}","read":["join_token","master_address"],"write":["nodes/*"]}""";

    private async Task<string> UserDataAsync(
        RunningServer server, TestDeployment deployment, string kind, string ticket)
    {
        // By the README's own line.
        var line = (await File.ReadAllLinesAsync(SourceTree.PathOf("examples/cloud-init/README.md"))).Single(
            one => one.Contains($" {kind}.yaml >", StringComparison.Ordinal)).Split('>')[0];
        var (exit, text) = await RunAsync(
            "sh", "-c", $"cd '{SourceTree.PathOf("examples/cloud-init")}' && GOT_URL=$1 ticket=$2 && {line}", "sh",
            server.Address.ToString().TrimEnd('/'), await TicketsTests.TicketAsync(deployment, ticket));
        Assert.Equal((0, false), (exit, text.Contains("GOTERRA_", StringComparison.Ordinal)));
        var file = _folder.File(Path.GetRandomFileName());
        await File.WriteAllTextAsync(file, text);
        return file;
    }

    private Task<(int Exit, string Output)> BootAsync(string userData, string name, string client)
    {
        var scratch = _folder.File(name);
        Directory.CreateDirectory(scratch);
        return RunAsync(
            "unshare", "-m", "-u", "sh", SourceTree.PathOf(
                "Goterra.Tests/EndToEnd/Examples/cloud-init-machine.sh"), userData, name, client, scratch);
    }

    private static async Task<(int Exit, string Output)> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await errors);
    }
}
