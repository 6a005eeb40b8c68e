using Goterra.Core.Model;

namespace Goterra.Core.Deployments;

/// <summary>
/// The idempotency key of a creation: for 24 h, the same creation with the same key is that of the same deployment.
/// </summary>
/// <param name="Key">As the client sent it. Without a user, it is a credential.</param>
public sealed record CreationKey(Secret Key)
{
    /// <summary>The minimum for a creator without an identity: nobody else may guess the key.</summary>
    public const int MinAnonymousLength = 32;

    public const int MaxLength = 255;
}

/// <param name="Status"><see cref="OutcomeKind.Done"/>, <see cref="OutcomeKind.IdempotencyKeyReused"/> for another
/// creation, <see cref="OutcomeKind.Gone"/> if the deployment has ended, or <see cref="OutcomeKind.OverLimit"/>; see
/// <see cref="NewDeployment.IsRepetition"/>.</param>
/// <param name="Id">The deployment.</param>
/// <param name="Epoch">The one with which it was created. If it has been replaced since, the key is worthless.</param>
/// <param name="Created">The deployment, if this call has created it; null if it existed already.</param>
public sealed record CreationResult(
    OutcomeKind Status, DeploymentId Id = default, string Epoch = "", Deployment? Created = null)
{
    /// <summary>Keeps the epoch out of logs.</summary>
    public override string ToString() => $"CreationResult {Status} {Id}";
}
