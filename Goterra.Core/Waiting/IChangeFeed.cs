using Goterra.Core.Model;

namespace Goterra.Core.Waiting;

/// <summary>Brings the changes of other instances to this one. A store of a single instance has none.</summary>
public interface IChangeFeed
{
    /// <summary>Subscribes to a deployment until <see cref="Unsubscribe"/>.</summary>
    /// <param name="deployment">The deployment.</param>
    /// <param name="publish">Receives its changes; and a change of the whole deployment if some may have been lost.
    /// </param>
    /// <returns>
    /// Completes when every later change is delivered. Never fails: if the subscription cannot be confirmed now, it
    /// completes all the same, and <paramref name="publish"/> is called as soon as it is.
    /// </returns>
    Task SubscribeAsync(DeploymentId deployment, Action<Change> publish);

    void Unsubscribe(DeploymentId deployment);
}
