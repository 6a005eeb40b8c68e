using System.Security.Cryptography;
using System.Text;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Tokens;

namespace Goterra.Core.Services;

/// <summary>Decides whether a credential grants access to a deployment, and as which <see cref="Caller"/>.</summary>
/// <remarks>
/// The token of a deployment is validated without the store: whether the deployment exists and the epochs are current
/// is checked together with the data. Neither an answer nor an observable look-up distinguishes another's deployment
/// from one that does not exist.
/// </remarks>
public sealed class DeploymentAccess(
    IDeploymentTokens tokens, IAccessRepository repository, INamespaceRepository namespaces, IUserDirectory users,
    TokenIssuer issuer)
{
    /// <param name="deployment">Null if the route has no valid id: a valid token is then one of another
    /// deployment.</param>
    public async ValueTask<Admission> AuthenticateTokenAsync(
        string token, DeploymentId? deployment, CancellationToken cancellationToken)
    {
        var reading = await tokens.ReadAsync(token);
        return reading switch
        {
            { Grant: { } grant } when grant.Deployment != deployment => new Admission(AdmissionKind.AnotherDeployment),
            { Grant: { Epoch.Namespace: null } grant } => new Admission(AdmissionKind.Admitted, grant.ToCaller()),
            { Grant: { } grant } =>
                await AuthenticateInNamespaceAsync(grant.ToCaller(), ofNamespace: null, cancellationToken),
            { NamespaceGrant: not null } when deployment is null => new Admission(AdmissionKind.AnotherDeployment),
            { NamespaceGrant: { } grant } => await AuthenticateInNamespaceAsync(
                grant.ToCaller(deployment.Value), grant.Namespace, cancellationToken),
            _ => new Admission(AdmissionKind.InvalidToken),
        };
    }

    /// <summary>For an API key: its user must have created the deployment, own its namespace, or be an admin.</summary>
    public async Task<Admission> AuthorizeUserAsync(
        User user, DeploymentId deployment, CancellationToken cancellationToken)
    {
        var ownership = user.Identity == Owner.Anonymous
            ? null
            : await repository.FindOwnershipAsync(deployment, cancellationToken);
        var allowed = user.IsAdmin
            || (ownership is not null && ownership.Owner == user.Identity)
            || await OwnsNamespaceAsync(user, deployment, ownership, cancellationToken);
        return ownership switch
        {
            null => new Admission(user.IsAdmin ? AdmissionKind.Unknown : AdmissionKind.NotAllowed),
            _ when !allowed => new Admission(AdmissionKind.NotAllowed),
            { Lives: false } => new Admission(AdmissionKind.Gone),
            _ => new Admission(
                AdmissionKind.Admitted,
                new Caller(
                    deployment, user.Identity.Uid, EpochProof.None, Scope.Full,
                    issuer.Now + issuer.Options.TokenLifetime)
                {
                    HasApiKey = true,
                }),
        };
    }

    // The namespace's own epoch is authoritative. The deployment's copy may be older, if the deployment was created or
    // an instance crashed while the namespace was being revoked. It is updated here; the store then checks the
    // credential against it once more, together with the data.
    private async Task<Admission> AuthenticateInNamespaceAsync(
        Caller caller, NamespaceName? ofNamespace, CancellationToken cancellationToken)
    {
        var ownership = await repository.FindOwnershipAsync(caller.Deployment, cancellationToken);
        if (ofNamespace is not null && ownership?.Namespace != ofNamespace)
            return new Admission(AdmissionKind.AnotherDeployment);
        if (ownership is not { Lives: true, Namespace: { } name })
            return new Admission(AdmissionKind.Gone);

        var epoch = await namespaces.FindEpochAsync(name, cancellationToken);
        if (epoch is null && ownership.NamespaceEpoch is not null)
            throw new NamespaceEpochLostException(name);
        if (epoch is null || epoch != caller.Epoch.Namespace)
            return new Admission(AdmissionKind.RevokedToken);
        if (ownership.NamespaceEpoch != epoch)
            await namespaces.PropagateEpochAsync(name, epoch, caller.Deployment, cancellationToken);
        return new Admission(AdmissionKind.Admitted, caller);
    }

    // An observer of the auth service must not learn which deployments exist: for one that does not exist or has no
    // namespace, the service is asked about an arbitrary name, and the answer is discarded.
    private async Task<bool> OwnsNamespaceAsync(
        User user, DeploymentId deployment, Ownership? ownership, CancellationToken cancellationToken)
    {
        if (user.Identity == Owner.Anonymous)
            return false;

        var role = await users.GetRoleAsync(
            user, ownership?.Namespace ?? Decoy(deployment), deployment, cancellationToken);
        return ownership?.Namespace is not null && role == NamespaceRole.Owner;
    }

    private static NamespaceName Decoy(DeploymentId deployment) =>
        NamespaceName.Parse(
            Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(deployment.ToString())))[..12]);
}

/// <summary>The result of checking a credential against a deployment.</summary>
public readonly record struct Admission(AdmissionKind Kind, Caller? Caller = null);

public enum AdmissionKind
{
    /// <summary>Not a token of this server.</summary>
    InvalidToken,

    /// <summary>The tokens of the namespace were revoked.</summary>
    RevokedToken,

    /// <summary>A valid token for another deployment, whether this one exists or not.</summary>
    AnotherDeployment,

    /// <summary>The API key does not grant access, whether the deployment exists or not.</summary>
    NotAllowed,

    /// <summary>The deployment was deleted or has expired; reported only to those who could have accessed it.</summary>
    Gone,

    /// <summary>The deployment does not exist; reported to admins only.</summary>
    Unknown,

    Admitted,
}
