using Goterra.Core.Model;

namespace Goterra.Core.Waiting;

/// <summary>The waits held by the other instances.</summary>
public interface IRemoteWaits
{
    /// <summary>
    /// Lists their waits in a deployment, up to 2 s old. Those of a crashed instance disappear after 10 s.
    /// </summary>
    Task<IReadOnlyList<WaitInfo>> ListAsync(DeploymentId deployment, CancellationToken cancellationToken);
}
