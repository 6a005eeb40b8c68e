using Goterra.Api.Configuration;
using Goterra.Core.Waiting;

namespace Goterra.Api.Hosting;

/// <summary>
/// Reads the configuration again (SIGHUP), and applies the settings of <see cref="Settings.Reloadable"/>. An invalid
/// configuration changes nothing.
/// </summary>
internal sealed partial class ConfigurationReload(
    ServerOptions options, LogLevels levels, ChangeHub hub, ILogger<ConfigurationReload> logger)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Dictionary<string, string>> _applied = options.Sources is { } sources
        ? Settings.Scalars.Concat(Settings.Lists).ToDictionary(key => key, sources.Reader.Values)
        : [];

    private HashSet<string> _warnings = [.. options.Warnings];

    /// <summary>Never throws: it runs in a signal handler.</summary>
    public void Reload()
    {
        lock (_gate)
        {
            try
            {
                Apply(options.Reread?.Invoke() ?? options);
            }
            catch (InvalidConfigurationException e)
            {
                Log.Refused(logger, e.Message);
            }
            catch (Exception e)
            {
                Log.Failed(logger, e);
            }
        }
    }

    private void Apply(ServerOptions fresh)
    {
        if (fresh.Sources is not { } sources || options.Sources is not { } before)
            return;
        if (before.FileExisted && !sources.FileExisted)
            throw new InvalidConfigurationException($"The configuration file {sources.FilePath} is missing.");

        var changed = _applied.Keys.Where(key => !IsSame(_applied[key], sources.Reader.Values(key))).ToHashSet();
        if (fresh.Secrets.Current != options.Secrets.Current)
        {
            // Without the new secret, its list of previous ones would lack what this server still needs.
            changed.Add(Settings.Secret);
            changed.UnionWith(changed.Contains(Settings.PreviousSecrets) ? [Settings.PreviousSecrets] : []);
        }

        var keepsSecrets = changed.Overlaps([Settings.Secret, Settings.SecretFile, Settings.Fernet]);
        var applied = changed.Where(
            key => Settings.Reloadable.Contains(key) && !(keepsSecrets && key == Settings.PreviousSecrets)).ToList();
        var descriptions = applied.Select(key => Describe(key, fresh, sources)).ToList();
        if (applied.Contains(Settings.Users))
            options.Users.Users = fresh.Users.Users;
        if (applied.Contains(Settings.PreviousSecrets))
            options.Secrets.Previous = fresh.Secrets.Previous;
        if (applied.Contains(Settings.Users) || applied.Contains(Settings.PreviousSecrets))
            hub.EndAll();
        options.Limits.Adopt(fresh.Limits);
        foreach (var key in applied)
            _applied[key] = sources.Reader.Values(key);

        // The line itself is logged at the lower of both levels.
        var level = fresh.Log.Level;
        levels.Level = level < levels.Level ? level : levels.Level;
        foreach (var warning in fresh.Warnings.Where(warning => !_warnings.Contains(warning)))
            Log.Ignored(logger, warning);
        _warnings = [.. fresh.Warnings];
        Report(sources.FilePath, descriptions, [.. changed.Except(applied)]);
        levels.Level = level;
    }

    private void Report(string file, List<string> applied, List<string> waiting)
    {
        var what = applied.Count == 0 ? "nothing changed" : string.Join(", ", applied);
        if (waiting.Count == 0)
            Log.Reloaded(logger, file, what);
        else
            Log.RestartRequired(logger, file, what, string.Join(", ", waiting));
    }

    private string Describe(string key, ServerOptions fresh, ConfigurationSources sources) => key switch
    {
        Settings.Users => Count(key, options.Users.Users.Count, fresh.Users.Users.Count),
        Settings.PreviousSecrets => Count(key, options.Secrets.Previous.Count, fresh.Secrets.Previous.Count),
        _ => $"{key} {Value(_applied[key])} -> {Value(sources.Reader.Values(key))}",
    };

    private static string Count(string key, int before, int after) =>
        before == after ? $"{key} ({after}, changed)" : $"{key} ({before} -> {after})";

    private static string Value(Dictionary<string, string> setting) => setting.Values.SingleOrDefault("default");

    private static bool IsSame(Dictionary<string, string> one, Dictionary<string, string> other) =>
        one.Count == other.Count
        && one.All(pair => other.TryGetValue(pair.Key, out var value) && value == pair.Value);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Configuration reloaded from {File}: {Changes}.")]
        public static partial void Reloaded(ILogger logger, string file, string changes);

        [LoggerMessage(
            LogLevel.Warning,
            "Configuration reloaded from {File}: {Changes}. Restart the server to apply: {Settings}.")]
        public static partial void RestartRequired(ILogger logger, string file, string changes, string settings);

        [LoggerMessage(LogLevel.Error, "The configuration was not reloaded, and nothing changed: {Error}")]
        public static partial void Refused(ILogger logger, string error);

        [LoggerMessage(LogLevel.Error, "The configuration was not reloaded.")]
        public static partial void Failed(ILogger logger, Exception exception);

        [LoggerMessage(LogLevel.Warning, "{Warning}")]
        public static partial void Ignored(ILogger logger, string warning);
    }
}
