using System.Text;
using Goterra.Terraform.Resources;
using Goterra.Terraform.Schemas;
using Goterra.Terraform.Store;

namespace Goterra.Terraform.Documentation;

/// <summary>Writes the documentation in the layout of the Terraform registry, from the schemas.</summary>
internal static class DocumentationWriter
{
    /// <param name="folder">The folder `docs`, whose pages are overwritten.</param>
    public static void Write(string folder)
    {
        foreach (var (path, text) in Pages())
        {
            var file = Path.Combine(folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file) ?? folder);
            File.WriteAllText(file, text);
        }
    }

    /// <summary>The text of each page, by its path.</summary>
    public static IReadOnlyDictionary<string, string> Pages()
    {
        var types = ProviderTypes.Create();
        var pages = new Dictionary<string, string>
        {
            ["index.md"] = Page(ProviderSettings.Schema, "goterra Provider", "index", null),
        };
        foreach (var (name, type) in types.Resources)
            pages[$"resources/{FileName(name)}"] =
                Page(type.Schema, $"{name} (Resource)", $"resource.{name}", type.ImportId);
        foreach (var (name, type) in types.DataSources)
            pages[$"data-sources/{FileName(name)}"] =
                Page(type.Schema, $"{name} (Data Source)", $"data-source.{name}", null);
        foreach (var (name, type) in types.EphemeralResources)
        {
            pages[$"ephemeral-resources/{FileName(name)}"] = Page(
                type.Schema, $"{name} (Ephemeral Resource)", $"ephemeral-resource.{name}", null);
        }

        return pages;
    }

    private static string FileName(string type) => type["goterra_".Length..] + ".md";

    private static string Page(BlockSchema schema, string title, string example, string? importId)
    {
        var text = new StringBuilder()
            .Append("---\npage_title: \"").Append(title).Append("\"\n---\n\n")
            .Append("# ").Append(title).Append("\n\n").Append(schema.Description.Trim()).Append("\n\n")
            .Append("## Example Usage\n\n```terraform\n").Append(Example(example).Trim())
            .Append("\n```\n\n## Schema\n");
        AppendSection(text, "Required", schema, attribute => attribute.Use == AttributeUse.Required);
        AppendSection(text, "Optional", schema, attribute => attribute.Use == AttributeUse.Optional);
        AppendSection(text, "Read-Only", schema, attribute => attribute.Use == AttributeUse.Computed);
        if (importId is not null)
        {
            text.Append("\n## Import\n\nImport is supported with ").Append(importId)
                .Append(":\n\n```shell\nterraform import ")
                .Append(schema.TypeName).Append(".NAME ID\n```\n");
        }

        return text.ToString();
    }

    private static void AppendSection(
        StringBuilder text, string title, BlockSchema schema, Func<AttributeSchema, bool> isIn)
    {
        var attributes = schema.Attributes.Where(isIn).ToList();
        if (attributes.Count == 0)
            return;
        text.Append("\n### ").Append(title).Append("\n\n");
        foreach (var attribute in attributes)
        {
            text.Append("- `").Append(attribute.Name).Append("` (").Append(attribute.Type.Name);
            if (attribute.IsSensitive)
                text.Append(", Sensitive");
            if (attribute.IsWriteOnly)
                text.Append(", Write-only");
            text.Append(") ").Append(attribute.Description);
            if (attribute.Replaces)
                text.Append(" Changing it replaces the resource.");
            text.Append('\n');
        }
    }

    private static string Example(string name)
    {
        using var stream = typeof(DocumentationWriter).Assembly.GetManifestResourceStream($"examples/{name}.tf")
            ?? throw new InvalidOperationException($"The example {name} is missing in the program.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
