using Goterra.Api.Configuration;

namespace Goterra.Tests.Unit.Configuration;

public sealed partial class ServerConfigurationTests
{
    [Theory]
    [InlineData("data: [a]", "data (GOT_DATA): must be a single value")]
    [InlineData("data: { a: b }", "data (GOT_DATA): must be a single value")]
    [InlineData("web: { port: [1] }", "web.port (GOT_WEB_PORT): must be a single value")]
    [InlineData("web: 5", "web: must be a section")]
    [InlineData("users: 5", "users: must be a list")]
    [InlineData("web: { trusted_proxies: 10.0.0.1 }", "web.trusted_proxies: must be a list")]
    [InlineData("url: http://a\ndata: \"x", "invalid YAML in line 2")]
    [InlineData("a: b\n a: c", "invalid YAML in line 2")]
    [InlineData("\u0000\u0001", "invalid YAML")]
    public void Load_SettingHasAnotherForm_IsRefusedInOneLine(string yaml, string says)
    {
        var e = Assert.Throws<InvalidConfigurationException>(() => Load(yaml, new Dictionary<string, string?>()));

        Assert.Contains(says, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("..", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Theory]
    [InlineData("--data", "")]
    [InlineData("--data=")]
    [InlineData("--config", "")]
    public void Parse_EmptyPath_IsRefused(params string[] args) => Assert.Contains(
        "requires a value",
        Assert.Throws<InvalidConfigurationException>(() => ServerArguments.Parse(args)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Load_FileIsFolder_SaysSo() => Assert.Contains(
        "is a directory",
        Assert.Throws<InvalidConfigurationException>(
            () => Load(null, new Dictionary<string, string?>(), "--config", _folder.Path)).Message,
        StringComparison.Ordinal);
}
