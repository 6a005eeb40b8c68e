using Goterra.Cli.Output;
using Goterra.Cli.Protocol;

namespace Goterra.Cli.Commands.Status;

/// <summary>Describes the failures of a deployment, oldest first.</summary>
internal static class FailureLines
{
    private const int MaxFailures = 20;

    public static IEnumerable<string> Of(DeploymentOverview listing, DateTimeOffset now)
    {
        var failures = (listing.Failures ?? []).OfType<FailureEntry>().ToList();

        // Servers before 0.2 only send the reason.
        if (failures.Count == 0)
            return [Reason(listing.Reason)];
        var lines = failures.Take(MaxFailures).Select(failure => Reason(failure.Reason) + Details(failure, now));
        return failures.Count <= MaxFailures ? lines : [.. lines, $"... and {failures.Count - MaxFailures} more"];
    }

    private static string Reason(string? reason) =>
        string.IsNullOrWhiteSpace(reason) ? "no reason given" : StatusWriter.Escape(reason);

    private static string Details(FailureEntry failure, DateTimeOffset now)
    {
        List<string> details = [];
        if (failure.Source is { } source)
            details.Add(StatusWriter.Escape(source));
        if (failure.Since is { } since)
            details.Add($"{(failure.Lapsed ? "lapsed " : "")}{Humanizer.Duration(now - since)} ago");
        return details.Count == 0 ? "" : $" ({string.Join(", ", details)})";
    }
}
