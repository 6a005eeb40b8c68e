using System.Net;
using Goterra.Api.Configuration;

namespace Goterra.Tests.Unit.Configuration;

/// <summary>
/// From file, environment and command line to checked options, or to one line that says what is wrong.
/// </summary>
[Trait("Category", "Unit")]
public sealed partial class ServerConfigurationTests : IDisposable
{
    private const string First = "the first secret of the tests, 0123456789";
    private const string Second = "the second secret of the tests, 0123456789";
    private const string SecretFile = "goterra-store.secret";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Load_NothingConfigured_ListensOnThisMachineWithTheEmbeddedStoreAndLetsNobodyCreate()
    {
        var options = Load();

        Assert.Equal((IPAddress.Loopback, 8000), (options.Web.Listen, options.Web.Port));
        Assert.Equal((null, Path.Combine(_folder.Path, "data")), (options.Store.Redis, options.Store.Data));
        Assert.Equal((false, TimeSpan.FromHours(24)), (options.Access.Anonymous, options.Access.TokenLifetime));
        Assert.Empty(options.Warnings);
    }

    [Fact]
    public void Load_SameSettingInSeveralPlaces_CommandLineWinsOverEnvironmentOverFile()
    {
        const string file = "limits: { keys: 1, waits: 1, value_bytes: 1 }";
        var environment = new Dictionary<string, string?> { ["GOT_LIMITS_KEYS"] = "2", ["GOT_LIMITS_WAITS"] = "2" };

        var limits = Load(file, environment, "--limits.keys", "3").Limits;

        Assert.Equal((3, 2, 1), (limits.Keys, limits.Waits, limits.ValueBytes));
    }

    [Fact]
    public void Load_EmptyVariable_CountsAsNotSet() =>
        Assert.Equal(
            9000, Load("web: { port: 9000 }", new Dictionary<string, string?> { ["GOT_WEB_PORT"] = "" }).Web.Port);

    [Theory]
    [InlineData("users:\n  - uid: ''", "users, 0: uid: it is required")]
    [InlineData("users:\n  - uid: alice", "users, alice: key_sha256: it is required")]
    [InlineData("users:\n  - uid: alice\n    key_sha256: abc", "hash-key")]
    [InlineData(
        "users:\n  - uid: alice\n    key_sha256: {0}\n    admin: maybe", "users, alice: admin: must be true or false")]
    [InlineData("users:\n  - uid: alice\n    key_sha256: {0}\n    role: admin", "users, alice: role: unknown property")]
    [InlineData(
        "users:\n  - uid: alice\n    key_sha256: {0}\n    namespaces:\n      a b: owner",
        "users, alice: namespaces: a namespace must have 1 to 63")]
    [InlineData(
        "users:\n  - uid: alice\n    key_sha256: {0}\n    namespaces:\n      team: boss",
        "users, alice: namespaces.team: must be owner or member")]
    [InlineData(
        "users:\n  - uid: alice\n    key_sha256: {0}\n  - uid: bob\n    key_sha256: {0}",
        "users, bob: key_sha256: another user has the same key")]
    [InlineData(
        "users:\n  - uid: alice\n    key_sha256: {0}\n  - uid: alice\n    key_sha256: {1}",
        "users, alice: uid: duplicate uid")]
    [InlineData("auth:\n  url: auth.example.org", "auth.url (GOT_PROXY_AUTH): must be the address")]
    [InlineData("web:\n  trusted_proxies: [proxy]", "web.trusted_proxies: each item is an address")]
    [InlineData(
        "retention:\n  default: 2d\n  maximum: 1d",
        "retention.default (GOT_RETENTION_DEFAULT): it must not exceed retention.maximum")]
    public void Load_UsersThatMakeNoSense_IsRefusedInOneLine(string yaml, string says)
    {
        File.WriteAllText(
            _folder.File("goterra-store.yml"),
            yaml.Replace(
                "{0}", new string('a', 64), StringComparison.Ordinal).Replace(
                    "{1}", new string('b', 64), StringComparison.Ordinal));

        var e = Assert.Throws<InvalidConfigurationException>(
            () => ServerConfiguration.Load(ServerArguments.Parse([]), new Dictionary<string, string?>(), _folder.Path));

        Assert.Contains(says, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Theory]
    [InlineData("url", "ftp://WRONG", "https://")]
    [InlineData("url", "https://user:WRONG@store.example.org", "https://")]
    [InlineData("web.listen", "WRONG", "127.0.0.1")]
    [InlineData("web.port", "WRONG", "0 to 65535")]
    [InlineData("web.port", "65536", "0 to 65535")]
    [InlineData("web.port", "-1", "0 to 65535")]
    [InlineData("token.ttl_hours", "0", "1 to 8760")]
    [InlineData("token.ttl_hours", "1.5", "1 to 8760")]
    [InlineData("features.anonymous", "WRONG", "true or false")]
    [InlineData("limits.value_bytes", "64000001", "1 to 64000000")]
    [InlineData("limits.keys", "0", "1 to 1000000")]
    [InlineData("limits.deployment_bytes", "WRONG", "1 to 1000000000000")]
    [InlineData("limits.listing_bytes", "WRONG", "1 to 1000000000")]
    [InlineData("limits.waits", "WRONG", "1 to 1000000")]
    [InlineData("limits.waits_per_deployment", "WRONG", "1 to 1000000")]
    [InlineData("limits.max_wait", "0", "1s to 24h")]
    [InlineData("limits.max_wait", "25h", "1s to 24h")]
    [InlineData("limits.max_wait", "WRONG", "90s")]
    [InlineData("log.format", "WRONG", "json or text")]
    [InlineData("log.level", "WRONG", "warning")]
    [InlineData("redis.port", "6379", "required if other settings of redis are set", "redis.host")]
    [InlineData("redis.sentinel", "WRONG", "required if other settings of redis are set", "redis.host")]
    [InlineData("redis.password", "WRONG", "required if other settings of redis are set", "redis.host")]
    [InlineData("secret", "WRONG", "openssl rand")]
    public void Load_WrongValue_IsRefusedWithOneLineThatNamesSettingAndFixButNotTheValue(
        string key, string value, string fix, string? named = null)
    {
        var e = Refused(environment: new Dictionary<string, string?> { [Settings.Variable(key)] = value });

        Assert.StartsWith($"{named ?? key} ({Settings.Variable(named ?? key)}): ", e.Message, StringComparison.Ordinal);
        Assert.Contains(fix, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("WRONG", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Theory]
    [InlineData("redis.port", "0")]
    [InlineData("redis.tls", "WRONG")]
    public void Load_WrongValueOfRedis_IsRefused(string key, string value)
    {
        var e = Refused(environment: new Dictionary<string, string?>
        {
            ["GOT_REDIS_HOST"] = "127.0.0.1",
            ["GOT_SECRET"] = First,
            [Settings.Variable(key)] = value,
        });

        Assert.StartsWith($"{key} ({Settings.Variable(key)}): ", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("WRONG", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_VariableOfAnEarlierVersion_IsIgnoredWithAWarning()
    {
        const string name = "GOT_EMBEDDED_MEMORY";

        var warning = Assert.Single(Load(environment: new Dictionary<string, string?> { [name] = "64m" }).Warnings);

        Assert.StartsWith(name + " ", warning, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1:8500", "http://127.0.0.1:8500/")]
    [InlineData("https://consul.example.org", "https://consul.example.org/")]
    public void Load_ConsulAgent_IsAnAddressOrUrl(string text, string url) => Assert.Equal(
        url, Load(environment: new Dictionary<string, string?> { ["GOT_CONSUL"] = text }).Consul!.Agent.AbsoluteUri);

    [Theory]
    [InlineData("http://user@consul")]
    [InlineData("unix:///run/consul")]
    [InlineData("a b")]
    public void Load_ConsulAgentThatIsNone_IsRefused(string text) => Assert.StartsWith(
        "consul (GOT_CONSUL): ", Refused($"consul: '{text}'").Message, StringComparison.Ordinal);

    [Fact]
    public void Load_MisspelledNames_AreReportedWithTheNearestOne()
    {
        var options = Load(
            "web:\n  prot: 80",
            new Dictionary<string, string?> { ["GOT_FEAT_ANONYMOS"] = "1", ["GOT_TOKEN"] = "secret" });

        Assert.Equal(
            [
                $"Unknown setting web.prot in {_folder.File("goterra-store.yml")} is ignored. Did you mean web.port?",
                "Unknown variable GOT_FEAT_ANONYMOS is ignored. Did you mean GOT_FEAT_ANONYMOUS?",
            ],
            options.Warnings);
    }

    [Theory]
    [InlineData("https://store.example.org", "https://store.example.org")]
    [InlineData("http://localhost:8000", "http://localhost:8000")]
    [InlineData("http://127.0.0.1:8001", "https://file.example.org")]
    public void Load_UrlOfTheClient_IsUsedUnlessItIsAnotherServerOfThisMachine(string url, string expected)
    {
        var options = Load(
            "url: https://file.example.org", new Dictionary<string, string?> { ["GOT_URL"] = url });

        Assert.Equal(expected, options.Url);
        Assert.Equal(
            url != expected, options.Warnings.Any(line => line.Contains("GOT_PUBLIC_URL", StringComparison.Ordinal)));
    }

    [Fact]
    public void Load_PublicUrl_WinsOverUrlOfTheClient()
    {
        var environment = new Dictionary<string, string?>
        {
            ["GOT_URL"] = "http://localhost:1234",
            ["GOT_PUBLIC_URL"] = "https://store.example.org",
        };

        Assert.Equal("https://store.example.org", Load(environment: environment).Url);
        Assert.Empty(Load(environment: environment).Warnings);
        Assert.Equal(
            "https://argument.example.org",
            Load(environment: environment, args: ["--url", "https://argument.example.org"]).Url);
    }

    [Theory]
    [InlineData("--web.prot", "8000")]
    [InlineData("--web.port")]
    [InlineData("--config")]
    [InlineData("8000")]
    public void Parse_NoSuchOptionOrNoValue_IsRefused(params string[] args) =>
        Assert.Throws<InvalidConfigurationException>(() => ServerArguments.Parse(args));

    private ServerOptions Load(
        string? file = null, Dictionary<string, string?>? environment = null, params string[] args)
    {
        if (file is not null)
            File.WriteAllText(_folder.File("goterra-store.yml"), file);
        return ServerConfiguration.Load(ServerArguments.Parse(args), environment ?? [], _folder.Path);
    }

    private InvalidConfigurationException Refused(
        string? file = null, Dictionary<string, string?>? environment = null) =>
        Assert.Throws<InvalidConfigurationException>(() => Load(file, environment));
}
