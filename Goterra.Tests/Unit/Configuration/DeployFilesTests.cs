using System.Text.RegularExpressions;
using Goterra.Api.Configuration;
using YamlDotNet.RepresentationModel;

namespace Goterra.Tests.Unit.Configuration;

/// <summary>The configuration in the files for containers.</summary>
[Trait("Category", "Unit")]
public sealed class DeployFilesTests
{
    [Theory]
    [InlineData("deploy/container/compose.yml")]
    [InlineData("deploy/container/compose.redis.yml")]
    [InlineData("deploy/kubernetes/store.yml")]
    public void Variables_OfTheServer_AreKnown(string file)
    {
        string[] known = [.. Settings.Scalars.Select(Settings.Variable), "GOT_CONFIG"];
        var text = File.ReadAllText(SourceTree.PathOf(file));

        var used = Regex.Matches(text, @"(?m)^[^#\n]*?\b(GOT_[A-Z_]+)(?::|,)")
            .Select(match => match.Groups[1].Value).ToList();

        Assert.NotEmpty(used);
        Assert.Empty(used.Except(known));
    }

    [Fact]
    public void Kubernetes_ConfigMap_LoadsWithoutWarnings()
    {
        using var folder = new TempFolder();
        var documents = new YamlStream();
        using var reader = new StringReader(File.ReadAllText(SourceTree.PathOf("deploy/kubernetes/store.yml")));
        documents.Load(reader);
        var data = documents.Documents.Select(document => (YamlMappingNode)document.RootNode)
            .Single(node => $"{node["kind"]}" == "ConfigMap")["data"];
        File.WriteAllText(folder.File("goterra-store.yml"), $"{data["goterra-store.yml"]}");

        var options = ServerConfiguration.Inspect(
            ServerArguments.Parse([]),
            new Dictionary<string, string?> { ["GOT_SECRET"] = new string('s', 48) },
            folder.Path);

        Assert.Empty(options.Warnings);
        Assert.NotEmpty(options.TrustedProxies);
    }
}
