using System.Security.Cryptography;
using Goterra.Core.Access;

namespace Goterra.Core.Deployments;

/// <summary>Makes deployments, for users who may, and the first token of each.</summary>
public sealed class DeploymentCreation(
    IDeploymentRepository repository, IUserDirectory users, IDeploymentTokens tokens, AccessOptions access, TimeProvider time)
{
    /// <param name="apiKey">As the caller sent it; null or empty where it sent none.</param>
    /// <param name="lifetime">How long the deployment shall live; null: until it is deleted. That of an anonymous creator ends with its token, since
    /// there is no other credential to come back with.</param>
    /// <returns>Null where the API key is nobody's.</returns>
    public async Task<CreatedDeployment?> CreateAsync(string? apiKey, string? name, TimeSpan? lifetime, CancellationToken cancellationToken)
    {
        var user = await users.WhoIsAsync(apiKey, cancellationToken);
        if (user is null)
            return null;

        if (user.Identity == Owner.Anonymous)
            lifetime ??= access.TokenLifetime;

        var epoch = RandomNumberGenerator.GetHexString(32, lowercase: true);
        var deployment = await repository.CreateAsync(
            new NewDeployment(DeploymentId.New(), user.Identity, Namespace: null, name, epoch, lifetime), cancellationToken);

        var grant = new TokenGrant(
            deployment.Id, user.Identity.Uid, new EpochProof(epoch), Scope.Full, ToWholeSeconds(time.GetUtcNow() + access.TokenLifetime));
        return new CreatedDeployment(deployment, tokens.Issue(grant), grant.Expires);
    }

    // A token tells its expiry in whole seconds (RFC 7519, NumericDate): what is announced is what counts.
    private static DateTimeOffset ToWholeSeconds(DateTimeOffset instant) => DateTimeOffset.FromUnixTimeSeconds(instant.ToUnixTimeSeconds());
}

/// <summary>A new deployment and the token that opens it.</summary>
public sealed record CreatedDeployment(Deployment Deployment, string Token, DateTimeOffset TokenExpires)
{
    /// <summary>Keeps the token out of anything that prints records.</summary>
    public override string ToString() => $"CreatedDeployment {Deployment.Id}";
}
