using Goterra.Api.Tls;

namespace Goterra.Tests.EndToEnd.Terraform;

/// <summary>The provider with the real terraform: API keys, TLS, and reads of what is gone.</summary>
[Trait("Category", "EndToEnd")]
public sealed class ProviderAccessTests
{
    private const string Deployment =
        """
        resource "goterra_deployment" "d" {
          ttl = "1h"
        }

        """;

    [FactWith("terraform")]
    public async Task Apply_ApiKeyThatTheServerIgnores_CreatesNothingAndSaysWhy()
    {
        await using var server = await RunningServer.StartAsync();
        using var workspace = new TerraformWorkspace(server.Address.ToString());
        workspace.WriteConfiguration(Deployment);

        var (exit, output) = await workspace.RunAsync("apply", "-auto-approve");

        Assert.Equal(1, exit);
        Assert.Contains("The server ignores the API key", output, StringComparison.Ordinal);
        Assert.Contains("Remove `api_key`", output, StringComparison.Ordinal);
        Assert.Equal(0, await server.CountDeploymentsAsync());
    }

    [FactWith("terraform")]
    public async Task Apply_UnknownApiKey_CreatesNothing()
    {
        await using var server = await TerraformWorkspace.StartServerAsync();
        using var workspace = new TerraformWorkspace(server.Address.ToString());
        workspace.Variables["GOT_APIKEY"] = "another-api-key";
        workspace.WriteConfiguration(Deployment);

        var (exit, output) = await workspace.RunAsync("apply", "-auto-approve");

        Assert.Equal(1, exit);
        Assert.Contains("Unknown or revoked API key", output, StringComparison.Ordinal);
        Assert.Equal(0, await server.CountDeploymentsAsync());
    }

    [FactWith("terraform")]
    public async Task Plan_ReadsFromADeploymentThatIsGone_AreNullWithWarnings()
    {
        await using var server = await TerraformWorkspace.StartServerAsync();
        using var workspace = new TerraformWorkspace(server.Address.ToString());
        var id = (await server.CreateAsAsync(TerraformWorkspace.ApiKey)).Json.GetProperty("id").GetString();
        Assert.Equal(
            200, (await server.AsAsync(TerraformWorkspace.ApiKey, HttpMethod.Delete, $"/store/{id}")).Status);
        workspace.WriteConfiguration(Deployment + $$"""
            data "goterra_deployment" "gone" {
              deployment = "{{id}}"
            }
            ephemeral "goterra_value" "gone" {
              deployment = "{{id}}"
              key        = "k"
              lifecycle {
                postcondition {
                  condition     = self.value == null
                  error_message = "There is a value."
                }
              }
            }
            ephemeral "goterra_token" "gone" {
              deployment = "{{id}}"
              lifecycle {
                postcondition {
                  condition     = self.token == null
                  error_message = "There is a token."
                }
              }
            }
            output "nothing" {
              value = [data.goterra_deployment.gone.state == null, data.goterra_deployment.gone.keys == null]
            }
            """);

        var applied = await workspace.SucceedAsync("apply", "-auto-approve");

        Assert.Contains("nothing = [ true, true, ]", applied, StringComparison.Ordinal);
        Assert.Contains("has ended or was deleted", applied, StringComparison.Ordinal);
        await workspace.SucceedAsync("destroy", "-auto-approve");
    }

    [FactWith("terraform")]
    public async Task Apply_NullInKeepers_IsAValueLikeOthers()
    {
        await using var server = await TerraformWorkspace.StartServerAsync();
        using var workspace = new TerraformWorkspace(server.Address.ToString());
        workspace.WriteConfiguration(KeepersOf("null"));

        await workspace.SucceedAsync("apply", "-auto-approve");
        var unchanged = await workspace.RunAsync("plan", "-detailed-exitcode");
        workspace.WriteConfiguration(KeepersOf("\"\""));
        var changed = await workspace.SucceedAsync("apply", "-auto-approve");

        Assert.True(unchanged.Exit == 0, unchanged.Output);
        Assert.Contains("2 added, 0 changed, 2 destroyed", changed, StringComparison.Ordinal);
        Assert.Equal(1, await server.CountDeploymentsAsync());
    }

    [TheoryWith("terraform")]
    [InlineData("file")]
    [InlineData("text")]
    [InlineData("environment")]
    public async Task Apply_OverTls_TrustsTheCaThatIsGiven(string from)
    {
        using var folder = new TempFolder();
        await using var server = await StartWithTlsAsync(folder);
        using var workspace = new TerraformWorkspace($"https://localhost:{server.Address.Port}");
        var authority = folder.File("tls/goterra-ca.pem");
        if (from == "environment")
            workspace.Variables["GOT_CACERT"] = authority;
        var setting = from switch
        {
            "file" => $"ca_certificate = \"{authority}\"",
            "text" => $"ca_certificate = file(\"{authority}\")",
            _ => "",
        };
        workspace.WriteConfiguration($$"""
            provider "goterra" {
              {{setting}}
            }
            resource "goterra_ticket" "t" {
              deployment = goterra_deployment.d.id
              full       = true
            }
            data "goterra_user_data" "u" {
              ticket = goterra_ticket.t.ticket
              script = "#!/bin/sh"
            }
            output "has_ca" {
              value     = strcontains(data.goterra_user_data.u.text, substr(base64encode(file("{{authority}}")), 0, 400))
              sensitive = true
            }

            """ + Deployment);

        await workspace.SucceedAsync("apply", "-auto-approve");

        Assert.Equal(0, (await workspace.RunAsync("plan", "-detailed-exitcode")).Exit);
        Assert.Equal("true", await workspace.SucceedAsync("output", "-raw", "has_ca"));
        await workspace.SucceedAsync("destroy", "-auto-approve");
        Assert.Equal(0, await server.CountDeploymentsAsync());
    }

    [TheoryWith("terraform")]
    [InlineData(null, "certificate")]
    [InlineData("/missing/ca.pem", "Cannot read the CA certificates")]
    public async Task Apply_OverTlsWithoutTheCa_IsRefused(string? path, string says)
    {
        using var folder = new TempFolder();
        await using var server = await StartWithTlsAsync(folder);
        using var workspace = new TerraformWorkspace($"https://localhost:{server.Address.Port}");
        if (path is not null)
            workspace.Variables["GOT_CACERT"] = path;
        workspace.WriteConfiguration(Deployment);

        var (exit, output) = await workspace.RunAsync("apply", "-auto-approve");

        Assert.Equal(1, exit);
        Assert.Contains(says, output, StringComparison.Ordinal);
        Assert.Equal(0, await server.CountDeploymentsAsync());
    }

    private static string KeepersOf(string value) =>
        $$"""
        resource "goterra_deployment" "d" {
          ttl             = "1h"
          idempotency_key = "key"
          keepers         = { a = {{value}} }
        }
        resource "goterra_ticket" "t" {
          deployment = goterra_deployment.d.id
          full       = true
          keepers    = { a = {{value}} }
        }
        """;

    private static Task<RunningServer> StartWithTlsAsync(TempFolder folder)
    {
        var certificates = new TrialCertificates(folder.File("tls"), TimeProvider.System);
        certificates.Create(["localhost"]);
        return RunningServer.StartAsync(
            new Dictionary<string, string?>
            {
                ["GOT_WEB_TLS_CERTIFICATE"] = certificates.CertificatePath,
                ["GOT_WEB_TLS_KEY"] = certificates.KeyPath,
            },
            yaml: TerraformWorkspace.ServerYaml);
    }
}
