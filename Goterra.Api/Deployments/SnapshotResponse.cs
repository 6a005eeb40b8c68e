using Goterra.Core.Model;
using Goterra.Core.Services;

namespace Goterra.Api.Deployments;

/// <summary>The state of a deployment at the start of an event stream. With many keys, it comes in parts.</summary>
/// <param name="Type">Always <c>snapshot</c>.</param>
/// <param name="Keys">The keys, or the next ones, in byte order.</param>
/// <param name="More">Another part follows.</param>
/// <param name="State"><c>active</c> or <c>failed</c>; absent, as are all members below, in parts after the
/// first.</param>
/// <param name="Reason">Why it has failed.</param>
/// <param name="Revision">The deployment's revision.</param>
/// <param name="Time">By the clock of the instance (RFC 3339, UTC).</param>
/// <param name="Waiting">The current waits on all instances, oldest first.</param>
/// <param name="Hints">What looks wrong.</param>
public sealed record SnapshotResponse(
    string Type,
    IReadOnlyList<KeyResponse> Keys,
    bool More,
    string? State,
    Secret? Reason,
    long? Revision,
    DateTime? Time,
    IReadOnlyList<WaitingResponse>? Waiting,
    IReadOnlyList<string>? Hints)
{
    public static SnapshotResponse From(StreamSnapshot snapshot, DateTimeOffset now)
    {
        var keys = snapshot.Keys.Select(key => KeyResponse.From(key, encoding: null)).ToList();
        return snapshot.Report is not { } report
            ? new("snapshot", keys, snapshot.HasMore, null, null, null, null, null, null)
            : new(
                "snapshot", keys, snapshot.HasMore, snapshot.Deployment.State,
                Secret.From(snapshot.Deployment.FailedBecause), snapshot.Deployment.Revision, now.UtcDateTime,
                [.. report.Waiting.Select(WaitingResponse.From)], report.Hints);
    }
}
