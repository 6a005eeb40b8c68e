using Goterra.Core.Model;

namespace Goterra.Core.Deployments;

/// <summary>
/// Seals the numbers of events into cursors, for callers that may not see how many events there are. Two cursors of one
/// event differ.
/// </summary>
public interface IEventCursors
{
    string Seal(DeploymentId deployment, long number);

    /// <returns>The number of the event; null if it is not a cursor of this deployment.</returns>
    long? Open(DeploymentId deployment, string cursor);
}
