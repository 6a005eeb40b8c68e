using Goterra.Core.Deployments;

namespace Goterra.Core.Waiting;

/// <summary>Where the instances show each other who waits with them.</summary>
public interface IWaitingBoard
{
    /// <summary>Shows this instance's waits of a deployment, in place of what it showed before. Forgotten by itself after 10 s.</summary>
    Task PostAsync(DeploymentId deployment, IReadOnlyList<Waiting> waits, CancellationToken cancellationToken);

    /// <summary>The waits that the other instances show.</summary>
    Task<IReadOnlyList<Waiting>> OthersAsync(DeploymentId deployment, CancellationToken cancellationToken);
}
