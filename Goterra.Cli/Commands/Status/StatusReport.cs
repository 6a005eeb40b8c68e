using System.Globalization;
using System.Text;
using Goterra.Cli.Apps;
using Goterra.Cli.Connection;

namespace Goterra.Cli.Output;

/// <summary>A deployment on one screen. What the server doesn't say is left out.</summary>
internal sealed class StatusReport(Listing listing, string deployment, DateTimeOffset now)
{
    private const int ShownKeys = 50;
    private const int ShownClients = 5;
    private const int ShownSecurity = 10;
    private const string Misuse = "ticket_misused";

    private readonly StringBuilder _text = new();

    /// <summary>What `run` runs.</summary>
    public IReadOnlyList<AppStatus> Apps { get; init; } = [];

    public string ToText(bool allKeys)
    {
        Head();
        AppLines(allKeys ? int.MaxValue : ShownKeys);
        Keys(allKeys ? int.MaxValue : ShownKeys);
        Waits();
        Hints();
        Security(allKeys ? int.MaxValue : ShownSecurity);
        return _text.ToString();
    }

    private void Head()
    {
        var failed = listing.State == "failed";
        List<string> parts = [Talk.Escape(listing.Id ?? deployment)];
        if (!string.IsNullOrEmpty(listing.Name))
            parts.Add(Talk.Escape(listing.Name));
        if (listing.State is { } state)
            parts.Add(failed ? "FAILED" : Talk.Escape(state));
        if (listing.Created is { } created)
            parts.Add($"created {Human.Span(now - created)} ago");
        if (listing.DeploymentExpires is { } expires)
            parts.Add(expires > now ? $"expires in {Human.Span(expires - now)}" : "expired");
        else if (listing.Created is not null)
            parts.Add("never expires");
        if (listing.Revision is { } revision)
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"revision {revision}"));

        Line(string.Join("  ", parts));
        if (failed)
            Line($"FAILED: {Talk.Escape(string.IsNullOrWhiteSpace(listing.Reason) ? "no reason given" : listing.Reason)}");
    }

    private void AppLines(int shown)
    {
        if (Apps.Count == 0)
            return;
        Section(Number(Apps.Count, "app"));
        foreach (var app in Apps.Take(shown))
            Line($"  {Talk.Escape(app.State),-7}  {Talk.Escape(app.Name)}: {Told(app)}");
        if (Apps.Count > shown)
            Line($"  ... and {Apps.Count - shown} more; --all shows them");
    }

    private string Told(AppStatus app) => app switch
    {
        { State: AppStatus.Died } => $"started {Age(app.Updated)} ago, and its machine gives no sign of life",
        { State: AppStatus.Running } => $"for {Age(app.Updated)}",
        { ExitCode: { } exitCode, Seconds: { } seconds } =>
            string.Create(CultureInfo.InvariantCulture, $"exit code {exitCode} after {Human.Span(TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 1e9)))}, {Age(app.Updated)} ago"),
        _ => $"{Age(app.Updated)} ago",
    };

    private void Keys(int shown)
    {
        var keys = listing.AllKeys().OrderBy(key => key.Key, StringComparer.Ordinal).ToList();
        Section(keys.Count == 0 ? "no keys" : Number(keys.Count, "key"));
        if (keys.Count == 0)
            return;

        Line($"  {"AGE",-7}  {"SIZE",8}  KEY");
        foreach (var key in keys.Take(shown))
            Line($"  {Age(key.Updated),-7}  {Human.Size(key.Size),8}  {Talk.Escape(key.Key ?? "")}");
        if (keys.Count > shown)
            Line($"  ... and {keys.Count - shown} more; --all shows them");
    }

    private void Waits()
    {
        if (listing.Waiting is null)
            return;
        var waits = listing.Waiting.OfType<ListedWait>().ToList();
        Section(waits.Count == 0 ? "nobody waits" : $"{waits.Count} waiting");
        foreach (var group in waits.GroupBy(wait => (wait.Key, wait.Prefix, wait.Count)).OrderBy(group => group.Min(wait => wait.Since)))
        {
            var since = group.Min(wait => wait.Since);
            var subject = group.Key.Key is { } key ? Talk.Escape(key)
                : string.Create(CultureInfo.InvariantCulture, $"{group.Key.Count ?? 1} of {Talk.Escape(group.Key.Prefix ?? "?")}*");
            Line($"  {subject}: {group.Count()}{(since is null ? "" : $", the longest for {Human.Span(now - since.Value)}")}{Clients(group)}");
        }
    }

    private static string Clients(IEnumerable<ListedWait> waits)
    {
        var clients = waits.OrderBy(wait => wait.Since).Select(wait => wait.Client).OfType<string>().Distinct().ToList();
        var more = clients.Count > ShownClients ? $", and {clients.Count - ShownClients} more" : "";
        return clients.Count == 0 ? "" : $": {string.Join(", ", clients.Take(ShownClients).Select(Talk.Escape))}{more}";
    }

    private void Hints()
    {
        var hints = (listing.Hints ?? []).OfType<string>().ToList();
        if (hints.Count == 0)
            return;
        Section("hints");
        foreach (var hint in hints)
            Line($"  {Talk.Escape(hint)}");
    }

    private void Security(int shown)
    {
        var events = (listing.Security ?? []).OfType<ListedSecurityEvent>()
            .OrderByDescending(happened => happened.Type == Misuse).ThenByDescending(happened => happened.Time, StringComparer.Ordinal).ToList();
        if (events.Count == 0)
            return;
        Section("security");
        shown = Math.Max(shown, events.Count(happened => happened.Type == Misuse));
        foreach (var happened in events.Take(shown))
            Line($"  {Age(happened.Time),-7}  {What(happened.Type)}{Detail(": ", happened.Name)}{Detail(", from ", happened.Address)}");
        if (events.Count > shown)
            Line($"  ... and {events.Count - shown} more; --all shows them");
    }

    private static string What(string? type) => type switch
    {
        Misuse => "TICKET MISUSED by a second machine",
        "ticket_made" => "ticket made",
        "ticket_redeemed" => "ticket redeemed",
        "token_made" => "token made",
        "revoked" => "all tokens and tickets revoked",
        _ => Talk.Escape(type ?? "?"),
    };

    private static string Detail(string before, string? text) => string.IsNullOrWhiteSpace(text) ? "" : before + Talk.Escape(text);

    private string Age(string? moment) =>
        DateTimeOffset.TryParse(moment, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var then) ? Human.Span(now - then) : "-";

    private void Section(string title)
    {
        Line("");
        Line(title);
    }

    private void Line(string text) => _text.Append(text).Append('\n');

    private static string Number(int count, string what) => string.Create(CultureInfo.InvariantCulture, $"{count} {what}{(count == 1 ? "" : "s")}");
}
