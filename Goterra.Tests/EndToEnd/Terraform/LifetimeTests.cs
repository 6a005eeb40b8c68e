using System.Security.Cryptography;
using System.Text;

namespace Goterra.Tests.EndToEnd.Terraform;

/// <summary>The provider with the real terraform: deployments and tokens that end, and states that move.</summary>
[Trait("Category", "EndToEnd")]
public sealed class LifetimeTests
{
    private const string OtherKey = "the-api-key-of-bob";

    private const string DeploymentWithValue =
        """
        resource "goterra_deployment" "d" {
          ttl = "1h"
        }
        resource "goterra_value" "v" {
          deployment = goterra_deployment.d.id
          key        = "v"
          value      = "1"
        }
        output "expires" {
          value = goterra_deployment.d.expires
        }
        """;

    [FactWith("terraform")]
    public async Task Plan_DeploymentEndedByItsTtl_KeepsItWithAWarning()
    {
        await using var server = await TerraformWorkspace.StartServerAsync();
        using var workspace = new TerraformWorkspace(server.Address.ToString());
        workspace.WriteConfiguration("""
            resource "goterra_deployment" "d" {
              ttl = "1s"
            }
            output "id" {
              value = goterra_deployment.d.id
            }
            """);
        await workspace.SucceedAsync("apply", "-auto-approve");
        var id = (await workspace.SucceedAsync("output", "-raw", "id")).Trim();
        await Eventually.Async(async () =>
            (await server.AsAsync(TerraformWorkspace.ApiKey, HttpMethod.Get, $"/store/{id}")).Status == 410);

        var (exit, output) = await workspace.RunAsync("plan", "-detailed-exitcode");

        Assert.True(exit == 0, output);
        Assert.Contains("has ended by its ttl", output, StringComparison.Ordinal);
        await workspace.SucceedAsync("destroy", "-auto-approve");
    }

    [FactWith("terraform")]
    public async Task PlanAndDestroy_ApiKeyOfAnotherUser_FailAndKeepTheDeployment()
    {
        await using var server = await StartWithTwoUsersAsync();
        using var workspace = new TerraformWorkspace(server.Address.ToString());
        workspace.WriteConfiguration(DeploymentWithValue);
        await workspace.SucceedAsync("apply", "-auto-approve");
        workspace.Variables["GOT_APIKEY"] = OtherKey;

        var plan = await workspace.RunAsync("plan");
        var destroy = await workspace.RunAsync("destroy", "-auto-approve");
        var blind = await workspace.RunAsync("destroy", "-auto-approve", "-refresh=false");

        Assert.All([plan, destroy, blind], run =>
        {
            Assert.Equal(1, run.Exit);
            Assert.Contains("belongs to another user", run.Output, StringComparison.Ordinal);
        });
        workspace.Variables["GOT_APIKEY"] = TerraformWorkspace.ApiKey;
        var (_, output) = await workspace.RunAsync("plan");
        Assert.Contains("without changing any real infrastructure", output, StringComparison.Ordinal);
    }

    // With the key of another user, the server answers as it does when it has forgotten the deployment.
    [FactWith("terraform")]
    public async Task Destroy_ForgottenDeploymentThatHasExpired_EmptiesTheState()
    {
        await using var server = await StartWithTwoUsersAsync();
        using var workspace = new TerraformWorkspace(server.Address.ToString());
        workspace.WriteConfiguration(DeploymentWithValue);
        await workspace.SucceedAsync("apply", "-auto-approve");
        var expires = (await workspace.SucceedAsync("output", "-raw", "expires")).Trim();
        workspace.Write("terraform.tfstate", (await File.ReadAllTextAsync(workspace.PathOf("terraform.tfstate")))
            .Replace(expires, "2020-01-01T00:00:00Z", StringComparison.Ordinal));
        workspace.Variables["GOT_APIKEY"] = OtherKey;

        await workspace.SucceedAsync("destroy", "-auto-approve");

        Assert.Equal("", (await workspace.SucceedAsync("state", "list")).Trim());
    }

    [FactWith("terraform")]
    public async Task Destroy_StateOnAnotherComputer_LeavesNothingBehind()
    {
        await using var server = await TerraformWorkspace.StartServerAsync();
        using var first = new TerraformWorkspace(server.Address.ToString());
        using var second = new TerraformWorkspace(server.Address.ToString());
        foreach (var workspace in (TerraformWorkspace[])[first, second])
        {
            workspace.WriteConfiguration("""
                resource "goterra_deployment" "d" {
                  ttl = "1h"
                }
                resource "goterra_ticket" "t" {
                  deployment = goterra_deployment.d.id
                  full       = true
                }
                """);
        }

        await first.SucceedAsync("apply", "-auto-approve");
        File.Copy(first.PathOf("terraform.tfstate"), second.PathOf("terraform.tfstate"));
        await second.SucceedAsync("destroy", "-auto-approve");

        Assert.Equal(0, await server.CountDeploymentsAsync());
    }

    [FactWith("terraform")]
    public async Task Wait_TokenExpires_EndsAndSaysWhy()
    {
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync();
        var token = (await deployment.PostAsync("token", """{"ttl":"2s","read":["*"]}"""))
            .Json.GetProperty("token").GetString();
        using var workspace = new TerraformWorkspace(server.Address.ToString());
        workspace.WriteConfiguration(Wait(deployment, token));

        var (exit, output) = await workspace.RunAsync("apply", "-auto-approve");

        Assert.Equal(1, exit);
        Assert.Contains("Not authorized", output, StringComparison.Ordinal);
        Assert.DoesNotContain(token ?? "", output, StringComparison.Ordinal);
    }

    [FactWith("terraform")]
    public async Task Wait_ARunHasFailed_ShowsTheEndOfItsLog()
    {
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync();
        await CliProcess.RunAsync(
            ["run", "--name", "db", "--host", "worker-1", "--fail-deployment", "--", "sh", "-c",
                "echo disk full; exit 3"],
            TestCommand.Variables(deployment));
        using var workspace = new TerraformWorkspace(server.Address.ToString());
        workspace.WriteConfiguration(Wait(deployment, deployment.Token));

        var (exit, output) = await workspace.RunAsync("apply", "-auto-approve");

        Assert.Equal(1, exit);
        Assert.Contains("db@worker-1", output, StringComparison.Ordinal);
        Assert.Contains("(_log_app_db_worker-1): disk full", output, StringComparison.Ordinal);
    }

    [FactWith("terraform")]
    public async Task Apply_UrlKnownOnlyThen_PlansWithoutTheServer()
    {
        await using var server = await TerraformWorkspace.StartServerAsync();
        using var workspace = new TerraformWorkspace("");
        workspace.WriteConfiguration($$"""
            resource "terraform_data" "url" {
              input = "{{server.Address.ToString().TrimEnd('/')}}"
            }
            provider "goterra" {
              url = terraform_data.url.output
            }
            resource "goterra_deployment" "d" {
              ttl = "1h"
            }
            """);

        await workspace.SucceedAsync("apply", "-auto-approve");

        Assert.Equal(1, await server.CountDeploymentsAsync());
        Assert.Equal(0, (await workspace.RunAsync("plan", "-detailed-exitcode")).Exit);
    }

    [FactWith("terraform")]
    public async Task Import_UnknownDeployment_SaysThatItMayBeOfAnotherUser()
    {
        await using var server = await TerraformWorkspace.StartServerAsync();
        using var workspace = new TerraformWorkspace(server.Address.ToString());
        workspace.WriteConfiguration("""resource "goterra_deployment" "d" {}""");

        // The server answers 403, which says nothing of its existence.
        var (exit, output) = await workspace.RunAsync("import", "goterra_deployment.d", Guid.NewGuid().ToString());

        Assert.Equal(1, exit);
        Assert.Contains("belongs to another user", output, StringComparison.Ordinal);
    }

    [FactWith("terraform")]
    public async Task Apply_KilledBeforeTheResponse_FindsTheDeploymentAgain()
    {
        await using var server = await TerraformWorkspace.StartServerAsync();
        var terraform = 0;
        await using var proxy = await LossyProxy.StartAsync(server.Address, request =>
        {
            var process = request.Method == "POST" ? Interlocked.Exchange(ref terraform, 0) : 0;
            if (process > 0)
                Signals.Send(process, "KILL");
            return process > 0;
        });
        using var workspace = new TerraformWorkspace(proxy.Url);
        workspace.WriteConfiguration("""
            resource "goterra_deployment" "d" {
              idempotency_key = "key"
            }
            """);

        using (var apply = workspace.Start("apply", "-auto-approve", "-lock=false"))
        {
            terraform = apply.Id;
            await TerraformWorkspace.EndAsync(apply);
        }

        Assert.Equal((1, 1), (proxy.Lost, await server.CountDeploymentsAsync()));
        await workspace.SucceedAsync("apply", "-auto-approve", "-lock=false");
        Assert.Equal(1, await server.CountDeploymentsAsync());
        await workspace.SucceedAsync("destroy", "-auto-approve", "-lock=false");
        Assert.Equal(0, await server.CountDeploymentsAsync());
    }

    private static Task<RunningServer> StartWithTwoUsersAsync() => RunningServer.StartAsync(
        yaml: TerraformWorkspace.ServerYaml + "  - uid: bob\n    key_sha256: "
            + $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(OtherKey)))}\n");

    private static string Wait(TestDeployment deployment, string? token) =>
        $$"""
        resource "goterra_wait" "w" {
          deployment = "{{deployment.Id}}"
          token      = "{{token}}"
          keys       = ["up"]
          timeout    = "1h"
        }
        """;
}
