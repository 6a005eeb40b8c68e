extern alias terraform;
using terraform::Goterra.Terraform.Documentation;

namespace Goterra.Tests.Unit.Terraform;

[Trait("Category", "Unit")]
public sealed class DocumentationTests
{
    [Fact]
    public void Pages_InTheRepository_AreThoseOfTheSchemas()
    {
        var folder = SourceTree.PathOf("Goterra.Terraform/docs");
        var stored = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .ToDictionary(file => Path.GetRelativePath(folder, file), File.ReadAllText);

        // To write them: terraform-provider-goterra docs Goterra.Terraform/docs
        Assert.Equal(DocumentationWriter.Pages().OrderBy(page => page.Key), stored.OrderBy(page => page.Key));
    }

    [Fact]
    public void Pages_EachAttribute_IsASentence() => Assert.All(
        DocumentationWriter.Pages().Values.SelectMany(page => page.Split('\n')).Where(line => line.StartsWith("- `")),
        line => Assert.EndsWith(".", line, StringComparison.Ordinal));
}
