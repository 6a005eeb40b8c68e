using Goterra.Core.Model;

namespace Goterra.Core.Waiting;

/// <summary>A wait that has ended, for the timeline of a deployment. One of several requests is one wait.</summary>
/// <param name="Ended">By the clock of the instance that held it.</param>
public sealed record EndedWait(WaitInfo Wait, DateTimeOffset Ended, WaitResult Result);

/// <summary>The last waits of each deployment that have ended, in the store: all instances share them.</summary>
public interface IEndedWaits
{
    /// <summary>How many are kept for a deployment.</summary>
    const int MaxKept = 200;

    /// <summary>
    /// Adds waits of one deployment. Of one that is known already, because it went on at another instance, the earlier
    /// start and the later end count. Has no effect if the deployment does not exist.
    /// </summary>
    Task AddAsync(DeploymentId id, IReadOnlyList<EndedWait> waits, CancellationToken cancellationToken);

    /// <summary>Lists the last <see cref="MaxKept"/> waits, latest end first.</summary>
    Task<IReadOnlyList<EndedWait>> ListAsync(DeploymentId id, CancellationToken cancellationToken);
}
