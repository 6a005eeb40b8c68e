using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Waiting;

namespace Goterra.Core.Services;

/// <summary>The contents are set if the outcome is <see cref="OutcomeKind.Done"/>.</summary>
public sealed record ListOutcome(Outcome Outcome, DeploymentContents? Contents = null);

/// <param name="Values">Null if they were not requested.</param>
public sealed record DeploymentContents(Deployment Deployment, IReadOnlyList<KeyInfo> Keys, ListedValues? Values)
{
    /// <summary>The number of keys.</summary>
    public int Count => Values?.Count ?? Keys.Count;

    /// <summary>Who waits for what, on all instances.</summary>
    public WaitReport Report { get; init; } = WaitReport.Empty;

    /// <summary>
    /// The security events, latest first; null if they were not requested, empty for a narrowed credential.
    /// </summary>
    public IReadOnlyList<DeploymentEvent>? Security { get; init; }

    /// <summary>
    /// The last waits that have ended, latest first; null if they were not requested, empty for a narrowed credential.
    /// </summary>
    public IReadOnlyList<EndedWait>? EndedWaits { get; init; }

    /// <summary>
    /// The contents as the caller may see them: revisions, writers, and the time of the last change reveal the activity
    /// of others.
    /// </summary>
    public DeploymentContents For(Caller caller) => caller.Scope.SeesAll
        ? this with { Values = Values?.For(caller) }
        : this with
        {
            Deployment = Deployment with
            {
                Revision = null,
                Updated = Keys.Select(key => key.Updated).Append(Deployment.Created).Max(),
            },
            Keys = [.. Keys.Select(key => key.For(caller))],
            Values = Values?.For(caller),
        };
}
