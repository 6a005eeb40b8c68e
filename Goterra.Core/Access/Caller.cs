using Goterra.Core.Deployments;

namespace Goterra.Core.Access;

/// <summary>
/// Whoever stands behind a request to one deployment, after the credential was held against the deployment in the route.
/// What only the store knows (does the deployment live, is the epoch still this one) is checked with each access.
/// </summary>
/// <param name="Expires">When the credential ends, and every wait that it opened.</param>
public sealed record Caller(DeploymentId Deployment, string Uid, string Epoch, Scope Scope, DateTimeOffset Expires)
{
    public bool MayRead(ValueKey key) => Scope.Reads(key);

    public bool MayWrite(ValueKey key) => Scope.Writes(key);

    public bool MayRead(KeyPrefix prefix) => Scope.Reads(prefix);

    /// <summary>Keeps the epoch out of anything that prints records.</summary>
    public override string ToString() => $"Caller {Uid} of {Deployment}";
}
