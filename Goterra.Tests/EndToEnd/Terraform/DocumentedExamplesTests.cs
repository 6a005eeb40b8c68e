namespace Goterra.Tests.EndToEnd.Terraform;

/// <summary>The examples of the provider's documentation.</summary>
[Trait("Category", "EndToEnd")]
public sealed class DocumentedExamplesTests
{
    /// <summary>What the examples refer to, unless they have it themselves.</summary>
    private static readonly (string Block, string Text)[] Others =
    [
        ("resource \"goterra_deployment\" \"cluster\"", "resource \"goterra_deployment\" \"cluster\" {}\n"),
        ("resource \"goterra_deployment\" \"other\"", "resource \"goterra_deployment\" \"other\" {}\n"),
        (
            "resource \"goterra_ticket\" \"master\"",
            """
            resource "goterra_ticket" "master" {
              deployment = goterra_deployment.cluster.id
              full       = true
            }

            """),
        (
            "resource \"goterra_wait\" \"cluster\"",
            """
            resource "goterra_wait" "cluster" {
              deployment = goterra_deployment.cluster.id
              keys       = ["kubeconfig"]
            }

            """),
    ];

    [FactWith("terraform")]
    public async Task Examples_EachOfThem_IsValidAndFormatted()
    {
        foreach (var file in Directory.EnumerateFiles(SourceTree.PathOf("Goterra.Terraform/examples"), "*.tf"))
        {
            using var workspace = new TerraformWorkspace("http://localhost:1");
            var text = await File.ReadAllTextAsync(file);
            workspace.Write("example.tf", text);
            workspace.Write("install-master.sh", "#!/bin/sh\n");
            workspace.Write("others.tf", string.Concat(
                Others.Where(other => !text.Contains(other.Block, StringComparison.Ordinal))
                    .Select(other => other.Text)));
            if (!text.Contains("required_providers", StringComparison.Ordinal))
                workspace.WriteConfiguration("");

            var validated = await workspace.RunAsync("validate");
            var formatted = await workspace.RunAsync("fmt", "-check", "-diff", "example.tf");

            Assert.True(validated.Exit == 0, $"{file}: {validated.Output}");
            Assert.True(formatted.Exit == 0, $"{file}: {formatted.Output}");
        }
    }
}
