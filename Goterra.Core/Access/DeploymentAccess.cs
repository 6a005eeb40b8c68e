using System.Security.Cryptography;
using System.Text;
using Goterra.Core.Deployments;

namespace Goterra.Core.Access;

/// <summary>Decides whether a credential opens a deployment, and as which <see cref="Caller"/>.</summary>
/// <remarks>
/// A deployment's token is judged without the store: whether the deployment lives, and the epochs are still the current ones, is checked together with the
/// data. No answer, and no look-up that somebody else could notice, tells a foreign deployment from one that does not exist.
/// </remarks>
public sealed class DeploymentAccess(
    IDeploymentTokens tokens, IAccessRepository repository, INamespaceRepository namespaces, IUserDirectory users, AccessOptions options, TimeProvider time)
{
    /// <param name="deployment">Null where the route names none: a good token is then one of another deployment.</param>
    public async ValueTask<Admission> ByTokenAsync(string token, DeploymentId? deployment, CancellationToken cancellationToken)
    {
        var reading = await tokens.ReadAsync(token);
        return reading switch
        {
            { Verdict: TokenVerdict.Expired } => new Admission(AdmissionKind.ExpiredToken),
            { Grant: { } grant } when grant.Deployment != deployment => new Admission(AdmissionKind.AnotherDeployment),
            { Grant: { Epoch.Namespace: null } grant } => new Admission(AdmissionKind.Admitted, Caller.From(grant)),
            { Grant: { } grant } => await InNamespaceAsync(Caller.From(grant), ofNamespace: null, cancellationToken),
            { NamespaceGrant: not null } when deployment is null => new Admission(AdmissionKind.AnotherDeployment),
            { NamespaceGrant: { } grant } => await InNamespaceAsync(
                new Caller(deployment.Value, grant.Uid, new EpochProof(null, grant.Epoch), Scope.Full, grant.Expires) { Until = grant.Expires },
                grant.Namespace,
                cancellationToken),
            _ => new Admission(AdmissionKind.InvalidToken),
        };
    }

    /// <summary>With an API key: its user must have made the deployment, own its namespace, or be an admin.</summary>
    public async Task<Admission> ByUserAsync(User user, DeploymentId deployment, CancellationToken cancellationToken)
    {
        var own = user.Identity == Owner.Anonymous ? null : await repository.OwnershipAsync(deployment, cancellationToken);
        var may = user.IsAdmin || (own is not null && own.Owner == user.Identity) || await OwnsNamespaceAsync(user, deployment, own, cancellationToken);
        return own switch
        {
            null => new Admission(user.IsAdmin ? AdmissionKind.Unknown : AdmissionKind.NotYours),
            _ when !may => new Admission(AdmissionKind.NotYours),
            { Lives: false } => new Admission(AdmissionKind.Gone),
            _ => new Admission(
                AdmissionKind.Admitted,
                new Caller(deployment, user.Identity.Uid, EpochProof.None, Scope.Full, time.GetUtcNow() + options.TokenLifetime) { HasApiKey = true }),
        };
    }

    // The namespace's own epoch counts. The deployment's copy may be older: made while the namespace was being revoked, or by somebody who died in the middle
    // of that. It is brought up to date here; the script then holds the credential against it once more, together with the data.
    private async Task<Admission> InNamespaceAsync(Caller caller, NamespaceName? ofNamespace, CancellationToken cancellationToken)
    {
        var own = await repository.OwnershipAsync(caller.Deployment, cancellationToken);
        if (ofNamespace is not null && own?.Namespace != ofNamespace)
            return new Admission(AdmissionKind.AnotherDeployment);
        if (own is not { Lives: true, Namespace: { } name })
            return new Admission(AdmissionKind.Gone);

        var epoch = await namespaces.EpochAsync(name, cancellationToken);
        if (epoch is null || epoch != caller.Epoch.Namespace)
            return new Admission(AdmissionKind.RevokedToken);
        if (own.NamespaceEpoch != epoch)
            await namespaces.BringAsync(name, epoch, caller.Deployment, cancellationToken);
        return new Admission(AdmissionKind.Admitted, caller);
    }

    // Who looks at the service that is asked must not learn which deployments exist: for one that doesn't, or has no namespace, a name is asked for that is
    // as good as any other, and the answer is thrown away.
    private async Task<bool> OwnsNamespaceAsync(User user, DeploymentId deployment, Ownership? own, CancellationToken cancellationToken)
    {
        if (user.Identity == Owner.Anonymous)
            return false;

        var role = await users.RoleAsync(user, own?.Namespace ?? Decoy(deployment), deployment, cancellationToken);
        return own?.Namespace is not null && role == NamespaceRole.Owner;
    }

    private static NamespaceName Decoy(DeploymentId deployment) =>
        NamespaceName.Parse(Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(deployment.ToString())))[..12]);
}

/// <summary>How a credential stands to a deployment.</summary>
public readonly record struct Admission(AdmissionKind Kind, Caller? Caller = null);

public enum AdmissionKind
{
    /// <summary>No token of this server.</summary>
    InvalidToken,

    ExpiredToken,

    /// <summary>The namespace's tokens were revoked.</summary>
    RevokedToken,

    /// <summary>A good token, but not for this one, whether that exists or not.</summary>
    AnotherDeployment,

    /// <summary>The API key does not open that deployment, whether that exists or not.</summary>
    NotYours,

    /// <summary>It was deleted or its time ran out; told to those only who might have read it.</summary>
    Gone,

    /// <summary>There is no such deployment; told to admins only.</summary>
    Unknown,

    Admitted,
}
