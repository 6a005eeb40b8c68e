using System.Net;
using Goterra.Api.Configuration;

namespace Goterra.Tests.Unit.Configuration;

/// <summary>Which file is read, and what it may contain.</summary>
public sealed partial class ServerConfigurationTests
{
    [Theory]
    [InlineData("--config", "given.yml")]
    [InlineData("-config=given.yml")]
    public void Load_FileNamedOnTheCommandLine_IsReadInsteadOfTheVariables(params string[] args)
    {
        File.WriteAllText(_folder.File("given.yml"), "web: { port: 1 }");
        File.WriteAllText(_folder.File("variable.yml"), "web: { port: 2 }");

        Assert.Equal(1, Load(null, new Dictionary<string, string?> { ["GOT_CONFIG"] = "variable.yml" }, args).Web.Port);
    }

    [Fact]
    public void Load_UnknownKeyInTheFile_IsIgnoredWithAWarning()
    {
        var options = Load("web: { port: 9000, prot: 1 }\nmongo: { url: somewhere }");

        Assert.Equal(9000, options.Web.Port);
        Assert.Equal(2, options.Warnings.Count);
        Assert.Contains(
            options.Warnings, warning => warning.StartsWith("Unknown setting web.prot ", StringComparison.Ordinal));
        Assert.Contains(
            options.Warnings, warning => warning.StartsWith("Unknown setting mongo.url ", StringComparison.Ordinal));
    }

    [Fact]
    public void Load_OnlyTheOriginalsDefaultFile_IsReadWithAWarning()
    {
        File.WriteAllText(_folder.File("goterra.yml"), "web: { port: 1234 }");

        var options = ServerConfiguration.Load(
            ServerArguments.Parse([]), new Dictionary<string, string?>(), _folder.Path);

        Assert.Equal(1234, options.Web.Port);
        Assert.Contains(_folder.File("goterra.yml"), Assert.Single(options.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_BothDefaultFiles_ReadsOurs()
    {
        File.WriteAllText(_folder.File("goterra.yml"), "web: { port: 1234 }");

        var options = Load("web: { port: 4321 }");

        Assert.Equal(4321, options.Web.Port);
        Assert.Empty(options.Warnings);
    }

    [Fact]
    public void Load_FileThatIsNoYaml_IsRefusedWithOneLineThatNamesItButNotItsContents()
    {
        var e = Refused("url: http://localhost\nsecret: \"CANARY\n  web: [");

        Assert.Contains("goterra-store.yml", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
        Assert.DoesNotContain("CANARY", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NamedFileMissing_IsRefused()
    {
        var e = Refused(environment: new Dictionary<string, string?> { ["GOT_CONFIG"] = "missing.yml" });

        Assert.Contains("GOT_CONFIG", e.Message, StringComparison.Ordinal);
        Assert.Contains(_folder.File("missing.yml"), e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_FileOfTheOriginal_IsUnderstood()
    {
        var options = Load(
            $"""
            redis:
                    host: "localhost"
                    port: 6380
                    prefix: "old"

            url: "http://localhost:8000/"
            fernet:
                    - "{First}"
            web:
                    listen: "0.0.0.0"
                    port: 8080
            """);

        Assert.Empty(options.Warnings);
        Assert.Equal(
            ("localhost", 6380, "old"), (options.Store.Redis!.Host, options.Store.Redis.Port, options.Store.Prefix));
        Assert.Equal(
            ("http://localhost:8000", IPAddress.Any, 8080), (options.Url, options.Web.Listen, options.Web.Port));
        Assert.Equal(First, options.Secrets.Current);
    }
}
