using Goterra.Core.Model;

namespace Goterra.Api.Configuration;

/// <summary>Reads what is measured and audited.</summary>
internal static class MonitoringSettings
{
    private const string OpenTelemetryPrefix = "OTEL_";

    public static MonitoringOptions Read(
        SettingReader settings, IReadOnlyDictionary<string, string?> environment) => new(
        Metrics(settings),
        environment.Where(variable => variable.Key.StartsWith(OpenTelemetryPrefix, StringComparison.Ordinal))
            .ToDictionary(variable => variable.Key, variable => variable.Value));

    /// <returns>Null without an audit log.</returns>
    public static AuditOptions? Audit(SettingReader settings, string folder)
    {
        var bytes = settings.Number(Settings.AuditMaxFileBytes, 100_000_000L, 100_000, 100_000_000_000);
        var files = settings.Number(Settings.AuditMaxFiles, 10, 1, 10_000);
        return settings.Text(Settings.AuditFile) is { } file
            ? new AuditOptions(Path.GetFullPath(Path.Combine(folder, file)), bytes, files)
            : null;
    }

    private static MetricsOptions? Metrics(SettingReader settings)
    {
        if (settings.Text(Settings.MetricsPort) is not null)
        {
            return new MetricsOptions(
                ListenerSettings.Address(settings, Settings.MetricsListen),
                settings.Number(Settings.MetricsPort, 0, 0, 65535),
                Secret.From(settings.Text(Settings.MetricsToken)));
        }

        return settings.Text(Settings.MetricsListen) is null && settings.Text(Settings.MetricsToken) is null
            ? null
            : throw SettingReader.Invalid(
                Settings.MetricsPort, "it is required if other settings of metrics are set");
    }
}
