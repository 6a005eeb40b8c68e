using System.Globalization;
using System.Text;
using Goterra.Cli.Commands.Run;
using Goterra.Cli.Output;
using Goterra.Cli.Protocol;

namespace Goterra.Cli.Commands.Status;

/// <summary>Formats the state of a deployment for people. Omits what the server does not report.</summary>
internal sealed class StatusReport(DeploymentOverview listing, string deployment, DateTimeOffset now)
{
    private const int MaxKeys = 50;
    private const int MaxClients = 5;
    private const int MaxSecurityEvents = 10;
    private const string Misuse = "ticket_misused";

    private readonly StringBuilder _text = new();

    /// <summary>The commands of `run`.</summary>
    public IReadOnlyList<RunStatus> Apps { get; init; } = [];

    public TextStyle Style { get; init; } = new(isEnabled: false);

    public string ToText(bool allKeys)
    {
        AppendHeader();
        AppendApps(allKeys ? int.MaxValue : MaxKeys);
        AppendSwitches(allKeys ? int.MaxValue : MaxKeys);
        AppendKeys(allKeys);
        AppendWaits();
        AppendTimedOut();
        AppendHints();
        AppendSecurity(allKeys ? int.MaxValue : MaxSecurityEvents);
        return _text.ToString();
    }

    private void AppendHeader()
    {
        var failed = listing.State == "failed";
        List<string> parts = [StatusWriter.Escape(listing.Id ?? deployment)];
        if (!string.IsNullOrEmpty(listing.Name))
            parts.Add(StatusWriter.Escape(listing.Name));
        if (listing.State is { } state)
            parts.Add(failed ? Style.Bad("FAILED") : StatusWriter.Escape(state));
        if (listing.Created is { } created)
            parts.Add($"created {Humanizer.Duration(now - created)} ago");
        if (listing.DeploymentExpires is { } expires)
            parts.Add(expires > now ? $"expires in {Humanizer.Duration(expires - now)}" : "expired");
        else if (listing.Created is not null)
            parts.Add("never expires");
        if (listing.Revision is { } revision)
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"revision {revision}"));

        AppendLine(string.Join("  ", parts));
        if (!failed)
            return;
        foreach (var line in FailureLines.Of(listing, now))
            AppendLine($"{Style.Bad("FAILED")}: {line}");
    }

    private void AppendSwitches(int shown)
    {
        var armed = listing.AllKeys().Where(key => key.OnLapse is not null).OrderBy(key => key.Expires).ToList();
        if (armed.Count == 0)
            return;
        AppendSection($"{armed.Count} armed: the deployment fails if they lapse");
        foreach (var key in armed.Take(shown))
            AppendLine($"  {StatusWriter.Escape(key.Key ?? "")}{Lapse(key)}");
        if (armed.Count > shown)
            AppendLine($"  ... and {armed.Count - shown} more; --all shows them");
    }

    private string Lapse(KeyEntry key) =>
        key.Expires is { } expires ? $": lapses in {Humanizer.Duration(expires - now)} unless renewed" : "";

    private void AppendApps(int shown)
    {
        if (Apps.Count == 0)
            return;
        AppendSection(Number(Apps.Count, "app"));
        foreach (var app in Apps.Take(shown))
        {
            AppendLine($"  {Colored(app)}  {StatusWriter.Escape(app.Name)}: {Describe(app)}");
            if (app.LastLine is not { } line)
                continue;
            AppendLine($"           {StatusWriter.Escape(line)}");
            AppendLine($"           (log: goterra-cli get {StatusWriter.Escape(RunKeys.LogPrefix + app.Suffix)})");
        }

        if (Apps.Count > shown)
            AppendLine($"  ... and {Apps.Count - shown} more; --all shows them");
    }

    private string Colored(RunStatus app)
    {
        var text = $"{StatusWriter.Escape(app.State),-7}";
        return app.IsBad ? Style.Bad(text)
            : app.State == "over" ? Style.Good(text)
            : text;
    }

    private string Describe(RunStatus app) => app switch
    {
        { State: RunStatus.Died } => $"started {Age(app.Updated)} ago, no heartbeat from its machine",
        { State: RunStatus.Running } => $"for {Age(app.Updated)}",
        { ExitCode: { } exitCode, Seconds: { } seconds } =>
            string.Create(
                CultureInfo.InvariantCulture, $"exit code {exitCode} after {Span(seconds)}, {Age(app.Updated)} ago"),
        _ => $"{Age(app.Updated)} ago",
    };

    private void AppendKeys(bool all)
    {
        var shown = all ? int.MaxValue : MaxKeys;
        var apps = Apps.Select(app => app.Suffix).ToHashSet();
        var keys = listing.AllKeys().Where(key => all || !IsOf(apps, key))
            .OrderBy(key => key.Key, StringComparer.Ordinal).ToList();
        var folded = listing.AllKeys().Count() - keys.Count;
        AppendSection(keys.Count == 0 && folded == 0 ? "no keys"
            : Number(keys.Count, "key")
                + (folded == 0 ? "" : $", {Number(folded, "key")} of apps hidden (--all shows them)"));
        if (keys.Count == 0)
            return;

        AppendLine($"  {"AGE",-7}  {"SIZE",8}  KEY");
        foreach (var key in keys.Take(shown))
            AppendLine($"  {Age(key.Updated),-7}  {Humanizer.Size(key.Size),8}  {StatusWriter.Escape(key.Key ?? "")}");
        if (keys.Count > shown)
            AppendLine($"  ... and {keys.Count - shown} more; --all shows them");
    }

    private static bool IsOf(HashSet<string> apps, KeyEntry key) =>
        RunKeys.SuffixOf(key.Key ?? "") is { } suffix && apps.Contains(suffix);

    private void AppendWaits()
    {
        if (listing.Waiting is null)
            return;
        var waits = listing.Waiting.OfType<WaitEntry>().ToList();
        AppendSection(waits.Count == 0 ? "no clients are waiting" : $"{waits.Count} waiting");
        var groups = waits.GroupBy(wait => (wait.Key, wait.Prefix, wait.Count));
        foreach (var group in groups.OrderBy(group => group.Min(wait => wait.Since)))
        {
            var since = group.Min(wait => wait.Since);
            var subject = group.Key.Key is { } key ? StatusWriter.Escape(key)
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"{group.Key.Count ?? 1} of {StatusWriter.Escape(group.Key.Prefix ?? "?")}*");
            var longest = since is null ? "" : $", the longest for {Humanizer.Duration(now - since.Value)}";
            var left = group.Min(wait => wait.Until) is { } until && until > now
                ? $", {Humanizer.Duration(until - now)} left"
                : "";
            AppendLine($"  {subject}: {group.Count()}{longest}{left}{Clients(group)}");
        }
    }

    private static string Clients(IEnumerable<WaitEntry> waits)
    {
        var clients =
            waits.OrderBy(wait => wait.Since).Select(wait => wait.Client).OfType<string>().Distinct().ToList();
        var more = clients.Count > MaxClients ? $", and {clients.Count - MaxClients} more" : "";
        return clients.Count == 0
            ? ""
            : $": {string.Join(", ", clients.Take(MaxClients).Select(StatusWriter.Escape))}{more}";
    }

    private void AppendTimedOut()
    {
        var lines = TimedOutLines.Of(listing, now);
        if (lines.Count == 0)
            return;
        AppendSection("waits that timed out");
        foreach (var line in lines)
            AppendLine($"  {line}");
    }

    private void AppendHints()
    {
        var hints = (listing.Hints ?? []).OfType<string>().ToList();
        if (hints.Count == 0)
            return;
        AppendSection("hints");
        foreach (var hint in hints)
            AppendLine($"  {StatusWriter.Escape(hint)}");
    }

    private void AppendSecurity(int shown)
    {
        var events = (listing.Security ?? []).OfType<SecurityEntry>()
            .OrderByDescending(entry => entry.Type == Misuse)
            .ThenByDescending(entry => entry.Time, StringComparer.Ordinal)
            .ToList();
        if (events.Count == 0)
            return;
        AppendSection("security");
        shown = Math.Max(shown, events.Count(entry => entry.Type == Misuse));
        foreach (var entry in events.Take(shown))
        {
            var details = Detail(": ", entry.Name) + Detail(", from ", entry.Address);
            AppendLine($"  {Age(entry.Time),-7}  {TypeName(entry.Type)}{details}");
        }

        if (events.Count > shown)
            AppendLine($"  ... and {events.Count - shown} more; --all shows them");
    }

    private static string TypeName(string? type) => type switch
    {
        Misuse => "TICKET MISUSED by a second machine",
        "ticket_made" => "ticket made",
        "ticket_redeemed" => "ticket redeemed",
        "ticket_revoked" => "ticket revoked",
        "token_made" => "token made",
        "revoked" => "all tokens and tickets revoked",
        _ => StatusWriter.Escape(type ?? "?"),
    };

    private static string Detail(string separator, string? text) =>
        string.IsNullOrWhiteSpace(text) ? "" : separator + StatusWriter.Escape(text);

    private string Age(string? time) =>
        DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var then)
            ? Humanizer.Duration(now - then)
            : "-";

    private static string Span(double seconds) => Humanizer.Duration(TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 1e9)));

    private void AppendSection(string title)
    {
        AppendLine("");
        AppendLine(title);
    }

    private void AppendLine(string text) => _text.Append(text).Append('\n');

    private static string Number(int count, string noun) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");
}
