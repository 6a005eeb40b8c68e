using Goterra.Core.Deployments;

namespace Goterra.Core.Waiting;

/// <summary>Shows who waits with the other instances.</summary>
public interface IWaitingBoard
{
    /// <summary>Their waits of a deployment, up to 2 s old; those of an instance that died are forgotten after 10 s.</summary>
    Task<IReadOnlyList<Waiting>> OthersAsync(DeploymentId deployment, CancellationToken cancellationToken);
}
