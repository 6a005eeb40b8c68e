using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Goterra.Api.Tls;

namespace Goterra.Tests.EndToEnd.Monitoring;

/// <summary>The alert rules and the dashboard in deploy/monitoring are valid, and use metrics that exist.</summary>
[Trait("Category", "EndToEnd")]
public sealed partial class MonitoringFilesTests
{
    private static readonly string Folder = SourceTree.PathOf("deploy/monitoring");

    private static string Rules => File.ReadAllText(Path.Combine(Folder, "goterra-alerts.yml"));

    [FactWith("promtool")]
    public async Task Alerts_CheckedByPromtool_AreValidAndFire()
    {
        Assert.Contains(
            "12 rules found", await PromtoolAsync("check", "rules", "goterra-alerts.yml"), StringComparison.Ordinal);
        Assert.Contains(
            "SUCCESS", await PromtoolAsync("test", "rules", "goterra-alerts.test.yml"), StringComparison.Ordinal);
    }

    [FactWith("promtool")]
    public async Task Dashboard_Expressions_AreValid()
    {
        using var folder = new TempFolder();
        var rules = new StringBuilder("groups:\n- name: dashboard\n  rules:\n");
        var number = 0;
        foreach (var expression in Expressions())
        {
            var query = expression.Replace("$__rate_interval", "5m", StringComparison.Ordinal);
            rules.Append("  - record: panel_").Append(number++).Append("\n    expr: ")
                .Append(JsonSerializer.Serialize(query)).Append('\n');
        }

        await File.WriteAllTextAsync(folder.File("rules.yml"), rules.ToString());

        Assert.Contains(
            $"{number} rules found", await PromtoolAsync("check", "rules", folder.File("rules.yml")),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_UsedInAlertsAndDashboard_ArePublished()
    {
        var published = new ConcurrentDictionary<string, bool>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) => published[instrument.Name.Replace('.', '_')] = true,
        };
        listener.Start();
        using var folder = new TempFolder();
        var certificates = new TrialCertificates(folder.File("tls"), TimeProvider.System);
        certificates.Create(["localhost"]);
        await using var server = await RunningServer.StartAsync(new Dictionary<string, string?>
        {
            ["GOT_METRICS_PORT"] = "0",
            ["GOT_AUDIT_FILE"] = folder.File("audit.log"),
            ["GOT_WEB_TLS_CERTIFICATE"] = certificates.CertificatePath,
            ["GOT_WEB_TLS_KEY"] = certificates.KeyPath,
        });

        var used = Metric().Matches(Rules + string.Join('\n', Expressions())).Select(match => match.Value).Distinct();

        Assert.All(used, name => Assert.Contains(
            published.Keys, instrument => Suffix().IsMatch(name[Math.Min(name.Length, instrument.Length)..])
                && name.StartsWith(instrument, StringComparison.Ordinal)));
    }

    private static List<string> Expressions()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "goterra-dashboard.json")));
        return
        [
            .. dashboard.RootElement.GetProperty("panels").EnumerateArray()
                .Where(panel => panel.TryGetProperty("targets", out _))
                .SelectMany(panel => panel.GetProperty("targets").EnumerateArray())
                .Select(target => target.GetProperty("expr").GetString()!),
        ];
    }

    private static async Task<string> PromtoolAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("promtool", arguments)
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync() + await errors;
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, output);
        return output;
    }

    [GeneratedRegex(@"\b(?:goterra|http_server|kestrel|dotnet)_[a-z_]+")]
    private static partial Regex Metric();

    /// <summary>What the exporter appends: the unit, and the part of a histogram or counter.</summary>
    [GeneratedRegex(@"^(?:_seconds|_bytes)?(?:_bucket|_sum|_count|_total)?$")]
    private static partial Regex Suffix();
}
