using Goterra.Core.Model;

namespace Goterra.Api.Configuration;

/// <summary>The merged sources: file, environment and command line. The later ones take precedence.</summary>
/// <param name="Reader">Reads the settings of all sources.</param>
/// <param name="FilePath">The path of the file, which need not exist.</param>
/// <param name="Warnings">What is ignored.</param>
internal sealed record ConfigurationSources(SettingReader Reader, string FilePath, IReadOnlyList<string> Warnings)
{
    private const string DefaultFile = "goterra-store.yml";

    /// <summary>The default of the original server.</summary>
    private const string OriginalFile = "goterra.yml";

    public bool FileExisted { get; } = File.Exists(FilePath);

    private const string FileVariable = "GOT_CONFIG";

    /// <summary>
    /// The original server's variable for <see cref="Settings.Url"/>, and the client's for its server. A shell in which
    /// clients run may have the address of another server.
    /// </summary>
    private const string SharedUrlVariable = "GOT_URL";

    /// <summary>Variables of the original server and of earlier versions that are not supported.</summary>
    private static readonly string[] Unsupported = ["GOT_EMBEDDED_MEMORY"];

    // Variables of the client start with GOT_ too.
    private const int MaxEdits = 2;
    private static readonly IReadOnlyList<string> Variables =
        [.. Settings.Scalars.Select(Settings.Variable), FileVariable];

    /// <param name="arguments">The command line.</param>
    /// <param name="environment">The environment variables.</param>
    /// <param name="folder">The working directory.</param>
    /// <exception cref="InvalidConfigurationException">The file cannot be read, or is not YAML.</exception>
    public static ConfigurationSources Read(
        ServerArguments arguments, IReadOnlyDictionary<string, string?> environment, string folder)
    {
        var file = arguments.ConfigFile ?? environment.GetValueOrDefault(FileVariable);
        var path = Path.GetFullPath(Path.Combine(folder, string.IsNullOrEmpty(file) ? DefaultFile : file));
        var original = Path.Combine(folder, OriginalFile);
        var warnings = new List<string>();
        if (string.IsNullOrEmpty(file) && !Path.Exists(path) && File.Exists(original))
        {
            path = original;
            warnings.Add(
                $"There is no {DefaultFile}: the configuration is {path}, the default of the original server.");
        }

        if (Directory.Exists(path))
            throw new InvalidConfigurationException($"--config ({FileVariable}): {path} is a directory. Name a file.");
        if (!string.IsNullOrEmpty(file) && !File.Exists(path))
            throw new InvalidConfigurationException($"--config ({FileVariable}): file not found: {path}");

        var fromFile = ConfigurationFile.Read(path);
        var variables = Settings.Scalars
            .Select(key => (Key: key, Value: environment.GetValueOrDefault(Settings.Variable(key))))
            .Where(pair => !string.IsNullOrEmpty(pair.Value))
            .ToDictionary(pair => pair.Key, pair => pair.Value!);
        var settings = Merge(fromFile, variables, arguments.Values);
        if (environment.GetValueOrDefault(SharedUrlVariable) is { Length: > 0 } url
            && variables.TryAdd(Settings.Url, url))
        {
            if (IsOfAnotherServer(url, settings))
                warnings.Add(
                    $"{SharedUrlVariable} is the address of another server on this machine, and is ignored. To set the "
                    + $"public URL, use {Settings.Variable(Settings.Url)}.");
            else
                settings = Merge(fromFile, variables, arguments.Values);
        }

        warnings.AddRange(fromFile.AsEnumerable()
            .Where(pair => pair.Value is not null)
            .Select(pair => pair.Key.Replace(':', '.'))
            .Where(key => !Settings.Scalars.Contains(key, StringComparer.OrdinalIgnoreCase)
                && !Settings.Lists.Any(
                    list => key.StartsWith(list + ".", StringComparison.OrdinalIgnoreCase)))
            .Select(key => $"Unknown setting {key} in {path} is ignored."
                + (NearestName.Find(key, Settings.Scalars.Concat(Settings.Lists), MaxEdits) is { } meant
                    ? $" Did you mean {meant}?"
                    : "")));
        warnings.AddRange(environment.Keys
            .Where(name => name.StartsWith("GOT_", StringComparison.Ordinal) && !Variables.Contains(name))
            .Select(name => (Name: name, Meant: NearestName.Find(name, Variables, MaxEdits)))
            .Where(pair => pair.Meant is not null)
            .Select(pair => $"Unknown variable {pair.Name} is ignored. Did you mean {pair.Meant}?"));
        warnings.AddRange(Unsupported
            .Where(name => !string.IsNullOrEmpty(environment.GetValueOrDefault(name)))
            .Select(name => $"{name} is not supported by this version, and is ignored."));
        return new ConfigurationSources(settings, path, warnings);
    }

    private static SettingReader Merge(
        IConfiguration file, IReadOnlyDictionary<string, string> variables,
        IReadOnlyDictionary<string, string> arguments) => new(
        new ConfigurationBuilder()
            .AddConfiguration(file)
            .AddInMemoryCollection(ByPath(variables))
            .AddInMemoryCollection(ByPath(arguments))
            .Build());

    private static IEnumerable<KeyValuePair<string, string?>> ByPath(IReadOnlyDictionary<string, string> settings) =>
        settings.Select(pair => KeyValuePair.Create(Settings.Path(pair.Key), (string?)pair.Value));

    // Port 0 stands for any free port.
    private static bool IsOfAnotherServer(string url, SettingReader settings) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.IsLoopback
        && ServerConfiguration.Port(settings) is var port && port != 0 && port != uri.Port;
}
