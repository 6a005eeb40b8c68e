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

    [Fact]
    public void Load_AliasesOfAliases_AreRefusedInOneLine()
    {
        // The last one stands for 10^10 nodes.
        var lines = Enumerable.Range(1, 10).Select(
            level => $"a{level}: &a{level} [{string.Join(',', Enumerable.Repeat($"*a{level - 1}", 10))}]");

        Assert.Contains(
            "More than 100,000 nodes", Refused("a0: &a0 x\n" + string.Join('\n', lines)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a: &a [*a]")]
    [InlineData("a: &a { b: *a }")]
    public void Load_AliasWithinItsAnchor_IsRefused(string yaml) =>
        Assert.Contains("no anchor before it", Refused(yaml).Message, StringComparison.Ordinal);

    [Fact]
    public void Load_DeepNesting_IsRefused() => Assert.Contains(
        "nested deeper than 100", Refused("a: " + new string('[', 100_000)).Message, StringComparison.Ordinal);

    [Fact]
    public void Load_AliasOfASetting_IsItsValue() => Assert.Equal(
        500, Load("limits:\n  waits_per_deployment: &n 500\n  waits_per_address: *n\n").Limits.WaitsPerAddress);

    [Theory]
    [InlineData("GOT_SECRET_FILE", "secret: ")]
    [InlineData("GOT_CONFIG", "The configuration file ")]
    public void Load_FileThatIsNone_IsRefusedInOneLine(string variable, string says)
    {
        var device = Refused(null, new() { [variable] = "/dev/zero" }).Message;
        File.WriteAllText(_folder.File("large"), new string('a', 1_100_000));
        var large = Refused(null, new() { [variable] = _folder.File("large") }).Message;

        Assert.StartsWith(says, device, StringComparison.Ordinal);
        Assert.Contains("/dev/zero is not a regular file", device, StringComparison.Ordinal);
        Assert.Contains("is larger than 1 MB", large, StringComparison.Ordinal);
    }

    [FactWith("mkfifo")]
    public async Task Load_SecretInAPipe_IsRefusedWithoutWaitingForAWriter()
    {
        var pipe = await _folder.PipeAsync("pipe");

        Assert.Contains(
            "pipe is not a regular file", Refused(null, new() { ["GOT_SECRET_FILE"] = pipe }).Message,
            StringComparison.Ordinal);
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
