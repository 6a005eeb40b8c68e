using System.Globalization;

namespace Goterra.Tests.EndToEnd.Terraform;

/// <summary>The provider with the real terraform, where things go wrong.</summary>
[Trait("Category", "EndToEnd")]
public sealed class ProviderTests
{
    private const string Deployment =
        """
        resource "goterra_deployment" "d" {
          ttl             = "1h"
          idempotency_key = "key-${terraform.workspace}"
        }

        """;

    private const string Wait =
        """
        resource "goterra_wait" "w" {
          deployment = goterra_deployment.d.id
          keys       = ["up"]
          timeout    = "1h"
        }

        """;

    [FactWith("terraform")]
    public async Task Apply_InterruptedInAWait_EndsAndTheNextOneCompletes()
    {
        await using var server = await TerraformWorkspace.StartServerAsync();
        using var workspace = new TerraformWorkspace(server.Address.ToString());
        workspace.WriteConfiguration(Deployment + Wait);

        using var apply = workspace.Start("apply", "-auto-approve");
        await server.WaitersAsync(1);
        // Like Ctrl-C at a terminal: all processes get it.
        foreach (var process in (int[])[.. Children(apply.Id), apply.Id])
            Signals.Send(process, "INT");
        var (exit, output) = await TerraformWorkspace.EndAsync(apply);

        Assert.Equal(1, exit);
        Assert.Contains("Interrupted", output, StringComparison.Ordinal);
        await server.WaitersAsync(0);
        var deployment = Assert.Single(await ListAsync(server));
        await PutAsync(server, deployment, "up");
        await workspace.SucceedAsync("apply", "-auto-approve");
        Assert.Equal([deployment], await ListAsync(server));
        await workspace.SucceedAsync("destroy", "-auto-approve");
        Assert.Equal(0, await server.CountDeploymentsAsync());
    }

    [FactWith("terraform")]
    public async Task Apply_KilledAfterTheCreation_FindsTheDeploymentAgain()
    {
        await using var server = await TerraformWorkspace.StartServerAsync();
        using var workspace = new TerraformWorkspace(server.Address.ToString());
        workspace.WriteConfiguration(Deployment + Wait);

        using var apply = workspace.Start("apply", "-auto-approve", "-state=lost.tfstate");
        await server.WaitersAsync(1);
        var provider = Children(apply.Id);
        Signals.Send(apply.Id, "KILL");
        await TerraformWorkspace.EndAsync(apply);

        // Nobody is left that waits, and the state is as if it had been killed a moment earlier.
        await server.WaitersAsync(0);
        await Eventually.Async(() => !provider.Any(process => TestCommand.IsAlive(process) && IsProvider(process)));
        var deployment = Assert.Single(await ListAsync(server));
        await PutAsync(server, deployment, "up");
        await workspace.SucceedAsync("apply", "-auto-approve");
        Assert.Equal([deployment], await ListAsync(server));

        // The key is free again after that.
        await workspace.SucceedAsync("destroy", "-auto-approve");
        Assert.Equal(0, await server.CountDeploymentsAsync());
        await workspace.SucceedAsync("apply", "-auto-approve", "-target=goterra_deployment.d");
        Assert.NotEqual([deployment], await ListAsync(server));
    }

    [FactWith("terraform")]
    public async Task Plan_ChangedOutside_RestoresValuesAndRecreatesTheDeployment()
    {
        await using var server = await TerraformWorkspace.StartServerAsync();
        using var workspace = new TerraformWorkspace(server.Address.ToString());
        workspace.WriteConfiguration(Deployment + """
            resource "goterra_value" "v" {
              deployment       = goterra_deployment.d.id
              key              = "v"
              value_wo         = "right"
              value_wo_version = 1
            }
            """);
        await workspace.SucceedAsync("apply", "-auto-approve");
        var deployment = Assert.Single(await ListAsync(server));

        await PutAsync(server, deployment, "v");
        await workspace.SucceedAsync("apply", "-auto-approve");
        var restored = await SendAsync(server, HttpMethod.Get, $"/store/{deployment}/v?raw");
        await SendAsync(server, HttpMethod.Delete, $"/store/{deployment}");
        var output = await workspace.SucceedAsync("apply", "-auto-approve");

        Assert.Equal("right", restored.Text);
        Assert.Contains("Resources: 2 added", output, StringComparison.Ordinal);
        Assert.Equal(
            (0, 1), ((await workspace.RunAsync("plan", "-detailed-exitcode")).Exit, (await ListAsync(server)).Count));
    }

    [FactWith("terraform")]
    public async Task Workspaces_SideBySide_HaveTheirOwnDeployments()
    {
        await using var server = await TerraformWorkspace.StartServerAsync();
        using var workspace = new TerraformWorkspace(server.Address.ToString());
        workspace.WriteConfiguration(Deployment);

        await workspace.SucceedAsync("apply", "-auto-approve");
        await workspace.SucceedAsync("workspace", "new", "two");
        await workspace.SucceedAsync("apply", "-auto-approve");
        var both = await ListAsync(server);
        await workspace.SucceedAsync("destroy", "-auto-approve");
        await workspace.SucceedAsync("workspace", "select", "default");

        Assert.Equal(2, both.Count);
        Assert.Single(await ListAsync(server));
        Assert.Equal(0, (await workspace.RunAsync("plan", "-detailed-exitcode")).Exit);
    }

    [FactWith("terraform")]
    public async Task Wait_ServerRestarts_GoesOn()
    {
        using var data = new TempFolder();
        var server = await TerraformWorkspace.StartServerAsync(data);
        using var workspace = new TerraformWorkspace(server.Address.ToString());
        workspace.WriteConfiguration(Deployment + Wait);
        workspace.Variables["TF_LOG_PROVIDER"] = "INFO";
        workspace.Variables["TF_LOG_PATH"] = workspace.PathOf("log");

        using var apply = workspace.Start("apply", "-auto-approve");
        await server.WaitersAsync(1);
        var deployment = Assert.Single(await ListAsync(server));
        await server.DisposeAsync();
        await using var restarted = await TerraformWorkspace.StartServerAsync(data, server.Address.Port);
        await PutAsync(restarted, deployment, "up");

        var (exit, output) = await TerraformWorkspace.EndAsync(apply);
        Assert.True(exit == 0, output);
        Assert.Matches(@"\[INFO\] .*wait for up: .*; retrying", await File.ReadAllTextAsync(workspace.PathOf("log")));
    }

    [FactWith("terraform")]
    public async Task Import_ById_PlansNoChange()
    {
        await using var server = await TerraformWorkspace.StartServerAsync();
        using var workspace = new TerraformWorkspace(server.Address.ToString());
        workspace.WriteConfiguration(Deployment);
        await workspace.SucceedAsync("apply", "-auto-approve");
        var deployment = Assert.Single(await ListAsync(server));
        File.Delete(workspace.PathOf("terraform.tfstate"));

        await workspace.SucceedAsync("import", "goterra_deployment.d", deployment);
        await workspace.SucceedAsync("apply", "-auto-approve");

        Assert.Equal([deployment], await ListAsync(server));
        Assert.Equal(0, (await workspace.RunAsync("plan", "-detailed-exitcode")).Exit);
    }

    [FactWith("terraform")]
    public async Task Apply_Anonymous_UsesTheTokenOfTheDeployment()
    {
        await using var server = await RunningServer.StartAsync();
        using var workspace = new TerraformWorkspace(server.Address.ToString());
        workspace.Variables.Remove("GOT_APIKEY");
        workspace.WriteConfiguration("""
            resource "goterra_deployment" "d" {}
            resource "goterra_value" "v" {
              deployment = goterra_deployment.d.id
              token      = goterra_deployment.d.token
              key        = "v"
              value      = "1"
            }
            """);

        await workspace.SucceedAsync("apply", "-auto-approve");

        Assert.Equal(0, (await workspace.RunAsync("plan", "-detailed-exitcode")).Exit);
        await workspace.SucceedAsync("destroy", "-auto-approve");
        Assert.Equal(0, await server.CountDeploymentsAsync());
    }

    [FactWith("terraform")]
    public async Task Apply_200Values_FiftyAtOnce_StoresAllAndPlansNoChange()
    {
        await using var server = await TerraformWorkspace.StartServerAsync();
        using var workspace = new TerraformWorkspace(server.Address.ToString());
        workspace.WriteConfiguration(Deployment + """
            resource "goterra_value" "v" {
              count      = 200
              deployment = goterra_deployment.d.id
              key        = "v/${count.index}"
              value      = "value ${count.index}"
            }
            """);

        var output = await workspace.SucceedAsync("apply", "-auto-approve", "-parallelism=50");

        Assert.Contains("Resources: 201 added", output, StringComparison.Ordinal);
        Assert.Equal(0, (await workspace.RunAsync("plan", "-detailed-exitcode", "-parallelism=50")).Exit);
    }

    [FactWith("terraform")]
    public async Task Validate_WrongInputs_PointAtTheAttribute()
    {
        using var workspace = new TerraformWorkspace("http://localhost:1");
        workspace.WriteConfiguration("""
            resource "goterra_wait" "w" {
              deployment = "d"
              keys       = ["up"]
              timeout    = "soon"
            }
            """);

        var (exit, output) = await workspace.RunAsync("validate");

        Assert.Equal(1, exit);
        Assert.Contains("timeout = \"soon\"", output, StringComparison.Ordinal);
        Assert.Contains("must be a time such as", output, StringComparison.Ordinal);
    }

    private static bool IsProvider(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline").Contains("goterra", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static IReadOnlyList<int> Children(int process) =>
    [
        .. Directory.EnumerateDirectories($"/proc/{process}/task")
            .SelectMany(task => File.ReadAllText($"{task}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(id => int.Parse(id, CultureInfo.InvariantCulture)),
    ];

    private static Task<Reply> SendAsync(RunningServer server, HttpMethod method, string path) =>
        server.AsAsync(TerraformWorkspace.ApiKey, method, path);

    private static async Task PutAsync(RunningServer server, string deployment, string key) =>
        Assert.Equal(200, (await SendAsync(server, HttpMethod.Put, $"/store/{deployment}/{key}")).Status);

    private static async Task<IReadOnlyList<string>> ListAsync(RunningServer server) =>
    [
        .. (await SendAsync(server, HttpMethod.Get, "/store/-/deployments")).Json.GetProperty("deployments")
            .EnumerateArray().Select(one => one.GetProperty("id").GetString() ?? ""),
    ];
}
