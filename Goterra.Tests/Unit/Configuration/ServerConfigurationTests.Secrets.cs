using Goterra.Api.Configuration;
using Goterra.Infrastructure.Encryption;

namespace Goterra.Tests.Unit.Configuration;

public sealed partial class ServerConfigurationTests
{
    [Fact]
    public void Load_ShortFernetItemsBesideASecret_AreIgnored()
    {
        var secrets = Load($"secret: \"{First}\"\nfernet: [short, \"{Second}\"]").Secrets;

        Assert.Equal(First, secrets.Current);
        Assert.Equal(Second, Assert.Single(secrets.Previous).Secret);
    }

    [Fact]
    public void Load_FernetList_IsSecretAndPreviousSecretsWhoseTokensCount()
    {
        var secrets = Load($"fernet: [\"{First}\", \"{Second}\"]").Secrets;

        Assert.Equal(First, secrets.Current);
        AssertPrevious([(Second, true)], secrets);
    }

    [Fact]
    public void Load_PreviousSecrets_VerifyOnlyWhereSaid()
    {
        var secrets = Load(
            $"""
            secret: "{First}"
            previous_secrets:
              - secret: "{Second}"
              - secret: "{Second}!"
                verify: true
            """).Secrets;

        AssertPrevious([(Second, false), (Second + "!", true)], secrets);
    }

    [Fact]
    public void Load_SecretFile_IsCreatedThereAndReadAgain()
    {
        var first = Load("secret_file: sub.secret").Secrets.Current;

        Assert.Equal(first, File.ReadAllText(_folder.File("sub.secret")).Trim());
        Assert.Equal(first, Load("secret_file: sub.secret").Secrets.Current);
        Assert.False(File.Exists(_folder.File("goterra-store.secret")));
    }

    [Fact]
    public void Load_SecretFileWithRedis_IsRead()
    {
        File.WriteAllText(_folder.File("shared"), Second + "\n");

        Assert.Equal(Second, Load("redis: { host: localhost }\nsecret_file: shared").Secrets.Current);
        Assert.StartsWith(
            "secret (GOT_SECRET): ", Refused("redis: { host: localhost }\nsecret_file: absent").Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Inspect_NoSecretYet_CreatesNone()
    {
        var options = ServerConfiguration.Inspect(
            ServerArguments.Parse([]), new Dictionary<string, string?>(), _folder.Path);

        Assert.Equal(_folder.File("goterra-store.secret"), options.SecretFile);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Theory]
    [InlineData("previous_secrets: [CANARY-CANARY-CANARY-CANARY-CANARY]", "'secret'")]
    [InlineData("previous_secrets: [{ secret: CANARY }]", "openssl rand")]
    [InlineData("fernet: [CANARY]", "openssl rand")]
    [InlineData("secret: CANARY", "openssl rand")]
    public void Load_BadSecretInTheFile_IsRefusedWithoutRepeatingIt(string yaml, string says)
    {
        var e = Refused(yaml);

        Assert.Contains(says, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("CANARY", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_RedisWithoutSecret_IsRefused()
    {
        var e = Refused("redis: { host: localhost }");

        Assert.StartsWith("secret (GOT_SECRET): ", e.Message, StringComparison.Ordinal);
        Assert.Contains("openssl rand", e.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File(SecretFile)));
    }

    [Fact]
    public void Load_EmbeddedStoreTheFirstTime_MakesASecretThatOnlyItsOwnerReadsAndUsesItAgain()
    {
        var made = Load().Secrets.Current;

        Assert.True(made.Length >= 64);
        Assert.Equal(made, File.ReadAllText(_folder.File(SecretFile)).Trim());
        if (!OperatingSystem.IsWindows())
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder.File(SecretFile)));
        Assert.Equal(made, Load().Secrets.Current);
    }

    [Fact]
    public void Load_ConfigurationElsewhere_PutsTheSecretBesideItAndTheDataIntoTheWorkingDirectory()
    {
        Directory.CreateDirectory(_folder.File("etc"));
        File.WriteAllText(_folder.File("etc/store.yml"), "");

        var options = Load(null, null, "--config", "etc/store.yml");

        Assert.True(File.Exists(_folder.File($"etc/{SecretFile}")));
        Assert.Equal(_folder.File("data"), options.Store.Data);
    }

    [Fact]
    public void Load_DataWithoutItsSecretFile_IsRefusedAndMakesNoNewOne()
    {
        Load();
        Directory.CreateDirectory(_folder.File("data/1"));
        File.Delete(_folder.File(SecretFile));

        var e = Refused();

        Assert.Contains(_folder.File(SecretFile), e.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File(SecretFile)));
    }

    [Theory]
    [InlineData("--secret", "CANARY")]
    [InlineData("--secret=CANARY")]
    [InlineData("-redis.password", "CANARY")]
    public void Parse_SecretOnTheCommandLine_IsRefusedWithoutRepeatingIt(params string[] args)
    {
        var e = Assert.Throws<InvalidConfigurationException>(() => ServerArguments.Parse(args));

        Assert.Contains("GOT_", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("CANARY", e.Message, StringComparison.Ordinal);
    }

    private static void AssertPrevious((string Secret, bool Verify)[] expected, SecretRing secrets) =>
        Assert.Equal(expected, secrets.Previous.Select(previous => (previous.Secret, previous.Verify)));
}
