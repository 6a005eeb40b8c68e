using System.Text.Json;

namespace Goterra.Tests.EndToEnd.Terraform;

/// <summary>The life of a cluster with the real terraform, provider, client and server.</summary>
[Trait("Category", "EndToEnd")]
public sealed class ClusterTests
{
    /// <summary>Reads a value of the machines back, into a resource that does not store it either.</summary>
    private const string Copy =
        """
        resource "goterra_deployment" "other" {
          ttl = "1h"
        }
        ephemeral "goterra_value" "join_token" {
          deployment = goterra_wait.cluster.deployment
          key        = "join_token"
        }
        ephemeral "goterra_token" "reader" {
          deployment = goterra_deployment.cluster.id
          read       = ["nodes/*"]
        }
        resource "goterra_value" "copy" {
          deployment       = goterra_deployment.other.id
          key              = "copy"
          value_wo         = ephemeral.goterra_value.join_token.value
          value_wo_version = 1
        }
        output "other" {
          value = goterra_deployment.other.id
        }
        """;

    [FactWith("terraform")]
    public async Task Apply_Cluster_InstallsReadsBackAndLeavesNoSecret()
    {
        await using var server = await TerraformWorkspace.StartServerAsync();
        using var workspace = Create(server);
        workspace.Write("copy.tf", Copy);

        await workspace.SucceedAsync("plan", "-out=first.tfplan");
        await workspace.SucceedAsync("apply", "first.tfplan");
        var outputs = JsonDocument.Parse((await workspace.SucceedAsync("output", "-json"))).RootElement;
        var (cluster, other) = (Value(outputs, "deployment").GetString(), Value(outputs, "other").GetString());
        var planned = await workspace.RunAsync("plan", "-detailed-exitcode", "-out=second.tfplan");

        Assert.True(planned.Exit == 0, planned.Output);
        Assert.Equal(
            ["nodes/master", "nodes/worker-1", "nodes/worker-2"],
            Value(outputs, "arrived").EnumerateObject().Select(entry => entry.Name));
        Assert.Equal("worker-1", Value(outputs, "arrived").GetProperty("nodes/worker-1").GetProperty("by").GetString());
        var joinToken = await ReadAsync(server, cluster, "join_token");
        Assert.Equal(32, joinToken.Length);
        Assert.Equal(joinToken, await ReadAsync(server, other, "copy"));
        // All tokens begin with the same header.
        var token = (await server.AsAsync(TerraformWorkspace.ApiKey, HttpMethod.Post, $"/store/{cluster}/token"))
            .Json.GetProperty("token").GetString() ?? "";
        workspace.AssertNowhere(token.Split('.')[0], joinToken, TerraformWorkspace.ApiKey);

        await workspace.SucceedAsync("destroy", "-auto-approve");
        Assert.Equal(0, await server.CountDeploymentsAsync());
    }

    [FactWith("terraform")]
    public async Task Apply_AMachineFails_EndsWithItsReasonAndIsRepaired()
    {
        await using var server = await TerraformWorkspace.StartServerAsync();
        using var workspace = Create(server);

        var (exit, output) = await workspace.RunAsync("apply", "-auto-approve", "-var=broken=worker-2");

        Assert.Equal(1, exit);
        Assert.Contains("The deployment has failed", output, StringComparison.Ordinal);
        Assert.Contains("exit code 1: there is no disk", output, StringComparison.Ordinal);

        // That machine is replaced, with another ticket, and the other one, whose wait the failure may have ended.
        // Their success takes the failures back.
        await workspace.SucceedAsync(
            "apply", "-auto-approve", "-target=terraform_data.machine",
            "-replace=goterra_ticket.machine[\"worker-1\"]");
        await Eventually.Async(async () => (await workspace.RunAsync("apply", "-auto-approve")).Exit == 0);
    }

    private static TerraformWorkspace Create(RunningServer server)
    {
        var workspace = new TerraformWorkspace(server.Address.ToString());
        foreach (var file in (string[])["main.tf", "machine.sh"])
            workspace.Write(file, File.ReadAllText(SourceTree.PathOf($"examples/terraform/{file}")));
        return workspace;
    }

    private static JsonElement Value(JsonElement outputs, string name) =>
        outputs.GetProperty(name).GetProperty("value");

    private static async Task<string> ReadAsync(RunningServer server, string? deployment, string key) =>
        (await server.AsAsync(TerraformWorkspace.ApiKey, HttpMethod.Get, $"/store/{deployment}/{key}?raw")).Text;
}
