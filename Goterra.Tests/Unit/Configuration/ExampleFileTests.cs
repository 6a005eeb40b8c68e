using System.Text.RegularExpressions;
using Goterra.Api.Configuration;
using Goterra.Core.Model;
using Microsoft.Extensions.Configuration;

namespace Goterra.Tests.Unit.Configuration;

/// <summary>What is written about the settings is what the server reads.</summary>
[Trait("Category", "Unit")]
public sealed partial class ExampleFileTests : IDisposable
{
    private const string Placeholder = "change-me";
    private const string GoodSecret = "a secret of the tests, longer than 32 bytes";

    private static readonly string Example = File.ReadAllText(SourceTree.PathOf("goterra-store.yml.example"));
    private static readonly string Guide = File.ReadAllText(SourceTree.PathOf("docs/configuration.md"));

    private readonly TempFolder _folder = new();

    public static TheoryData<string> Scalars => [.. Settings.Scalars];

    public static TheoryData<string> Lists => [.. Settings.Lists];

    public void Dispose() => _folder.Dispose();

    [Theory, MemberData(nameof(Scalars))]
    public void Example_EachSetting_StandsThereWithItsVariable(string key)
    {
        Assert.Contains(key, KeysOf(Uncommented()));
        Assert.Matches($@"\b{Settings.Variable(key)}\b", Example);
    }

    [Theory, MemberData(nameof(Lists))]
    public void Example_EachList_StandsThere(string key) =>
        Assert.Contains(KeysOf(Uncommented()), name => name.StartsWith(key + ".0", StringComparison.Ordinal));

    [Theory, MemberData(nameof(Scalars))]
    public void Guide_EachSetting_HasARowWithItsVariable(string key) =>
        Assert.Matches($@"(?m)^\| `{Regex.Escape(key)}` \| `{Settings.Variable(key)}` \|", Guide);

    [Theory, MemberData(nameof(Lists))]
    public void Guide_EachList_HasARow(string key) => Assert.Matches($@"(?m)^\| `{Regex.Escape(key)}` \|", Guide);

    [Theory, MemberData(nameof(Scalars)), MemberData(nameof(Lists))]
    public void HelpText_EachSetting_HasMeaningValuesAndDefault(string key)
    {
        var help = SettingsHelp.All[key];

        Assert.All([help.Meaning, help.Range, help.Default], text => Assert.NotEmpty(text));
        Assert.Matches(
            $@"(?m)^  (--)?{Regex.Escape(key)} \((GOT_\w+|only in the file)\)( \*)?$", ServerArguments.HelpText);
    }

    public static TheoryData<string> Numbers => [.. RangeRow().Matches(Guide).Select(row => row.Groups[1].Value)];

    [Theory, MemberData(nameof(Numbers))]
    public void Guide_RangeOfNumber_IsThatOfServerAndExample(string key)
    {
        var row = RangeRow().Matches(Guide).Single(row => row.Groups[1].Value == key);
        var range = row.Groups[2].Value.Replace(",", "", StringComparison.Ordinal);

        var (parent, name) = (key.Split('.')[0], key.Split('.')[1]);
        var host = parent == "redis" ? "host: r, " : "";
        var e = Assert.Throws<InvalidConfigurationException>(
            () => Load($"{parent}: {{ {host}{name}: wrong }}"));

        Assert.EndsWith(" " + range, e.Message, StringComparison.Ordinal);
        Assert.Matches($@"{range}[^\[]*\[{Settings.Variable(key)}\]", Example);
    }

    [Fact]
    public void Guide_Rows_NameNoSettingThatDoesNotExist() => Assert.Equal(
        Settings.Scalars.Concat(Settings.Lists).Order(),
        SettingRow().Matches(Guide).Select(row => row.Groups[1].Value).Order());

    [Fact]
    public void Load_ExampleAsItIs_IsTheDefaults()
    {
        var asItIs = Load(Example);
        var without = Load("");

        Assert.Empty(asItIs.Warnings);
        Assert.Equal(
            (without.Web.Listen, without.Web.Port, without.Access, without.Limits, without.Log),
            (asItIs.Web.Listen, asItIs.Web.Port, asItIs.Access, asItIs.Limits, asItIs.Log));
        Assert.Empty(asItIs.Web.CorsOrigins);
        Assert.Null(asItIs.Store.Redis);
    }

    [Fact]
    public void Load_ExampleUncommented_HasNothingUnknownAndShowsTheDefaults()
    {
        var options = Load(Uncommented().Replace(Placeholder, GoodSecret, StringComparison.Ordinal));
        var defaults = Load("");

        Assert.Empty(options.Warnings);
        var access =
            defaults.Access with
            {
                DefaultRetention = TimeSpan.FromDays(7),
                MaxRetention = TimeSpan.FromDays(30),
            };
        Assert.Equal(
            (defaults.Web.Listen, defaults.Web.Port, access, new Limits { Connections = 100_000 }, defaults.Log),
            (options.Web.Listen, options.Web.Port, options.Access, options.Limits, options.Log));
        Assert.Equal((defaults.Store.Data, defaults.Store.Prefix), (options.Store.Data, options.Store.Prefix));
        Assert.Equal(
            ("127.0.0.1", 6379, "mymaster"),
            (options.Store.Redis!.Host, options.Store.Redis.Port, options.Store.Redis.Sentinel));
    }

    [Fact]
    public void Load_ExampleWithItsPlaceholder_IsRefusedAndSaysHowToMakeASecret()
    {
        // Only the one of 'secret'.
        var text = PlaceholdersInLists().Replace(Uncommented(), $"$1{GoodSecret}");

        var e = Assert.Throws<InvalidConfigurationException>(() => Load(text));

        Assert.StartsWith("secret (GOT_SECRET): ", e.Message, StringComparison.Ordinal);
        Assert.Contains("openssl rand", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Example_Placeholders_AreAllRefused()
    {
        Assert.True(Placeholder.Length < 32);
        Assert.All(Secrets().Matches(Uncommented()), secret => Assert.Equal(Placeholder, secret.Groups[1].Value));
    }

    private ServerOptions Load(string yaml)
    {
        File.WriteAllText(_folder.File("goterra-store.yml"), yaml);
        return ServerConfiguration.Load(ServerArguments.Parse([]), new Dictionary<string, string?>(), _folder.Path);
    }

    private List<string> KeysOf(string yaml)
    {
        File.WriteAllText(_folder.File("keys.yml"), yaml);
        return [.. new ConfigurationBuilder().AddYamlFile(_folder.File("keys.yml")).Build().AsEnumerable()
            .Where(pair => pair.Value is not null)
            .Select(pair => pair.Key.Replace(':', '.'))];
    }

    private static string Uncommented() => CommentedOut().Replace(Example, "");

    /// <summary>A "#" with a setting behind it; one blank behind it is an explanation.</summary>
    [GeneratedRegex("(?m)^#(?=  |[^ \n])")]
    private static partial Regex CommentedOut();

    [GeneratedRegex("(?m)^( +- (?:secret: )?)change-me")]
    private static partial Regex PlaceholdersInLists();

    [GeneratedRegex(@"(?m)^(?: *-? *secret: | +- )([^:\n]+)$")]
    private static partial Regex Secrets();

    [GeneratedRegex(@"(?m)^\| `([a-z_.]+)` \| `GOT_[A-Z_]+` \| (?:\w+, )?(\d[\d,]* to \d[\d,]*) \|")]
    private static partial Regex RangeRow();

    [GeneratedRegex("(?m)^\\| `([a-z_.]+)` \\| (?:`GOT_|only in the file)")]
    private static partial Regex SettingRow();
}
