using Goterra.Core.Model;

namespace Goterra.Core.Waiting;

/// <summary>A change in a deployment. It is a hint: the current state is in the store.</summary>
/// <param name="Key">The key that was put or removed; null if the deployment as a whole is concerned.</param>
public readonly record struct Change(DeploymentId Deployment, string? Key);

/// <summary>What a watch is for: one key, or all keys with a prefix.</summary>
public readonly record struct Interest(DeploymentId Deployment, string Text, bool IsPrefix)
{
    public static Interest In(DeploymentId deployment, ValueKey key) => new(deployment, key.Text, IsPrefix: false);

    public static Interest In(DeploymentId deployment, KeyPrefix prefix) =>
        new(deployment, prefix.Text, IsPrefix: true);
}
