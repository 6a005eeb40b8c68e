using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;

namespace Goterra.Core.Tokens;

/// <summary>
/// The tickets of deployments. A ticket can be redeemed for tokens by one machine, the first one. The store has only
/// the hash of its secret.
/// </summary>
/// <exception cref="StoreUnavailableException">Thrown by each method; see
/// <see cref="IDeploymentRepository"/>.</exception>
public interface ITicketRepository
{
    /// <summary>Stores a new ticket.</summary>
    Task<TicketResult> CreateAsync(NewTicket ticket, CancellationToken cancellationToken);

    /// <summary>Returns what a ticket grants.</summary>
    /// <returns>Null if the ticket does not exist or has expired.</returns>
    Task<TicketTerms?> FindAsync(DeploymentId id, string hash, CancellationToken cancellationToken);

    /// <summary>
    /// Redeems a ticket. It is bound to the first machine, which may redeem it again until it expires. An attempt by
    /// another machine is recorded as a security event, once per ticket and address.
    /// </summary>
    /// <returns>Null if the ticket is unknown, expired, revoked or bound to another machine, or the deployment is
    /// gone.</returns>
    Task<Redemption?> RedeemAsync(TicketUse use, CancellationToken cancellationToken);
}

/// <param name="Epoch">That of the caller's credential; no ticket is issued unless it is current. The ticket is bound
/// to the current ones.</param>
/// <param name="Hash">The hash of the ticket's secret.</param>
/// <param name="RenewalWindow">See <see cref="DerivedLifetime"/>.</param>
/// <param name="CallerLeft">See <see cref="DerivedLifetime"/>.</param>
public sealed record NewTicket(
    DeploymentId Id,
    EpochProof Epoch,
    string Hash,
    TicketTerms Terms,
    TimeSpan Lifetime,
    TimeSpan? RenewalWindow,
    TimeSpan CallerLeft,
    SecurityNote Note)
{
    /// <summary>Keeps epoch and hash out of logs.</summary>
    public override string ToString() => $"NewTicket {Id}";
}

/// <summary>What a ticket grants.</summary>
/// <param name="Name">For display.</param>
/// <param name="Uid">Of the user who issued it.</param>
/// <param name="NotAfter">The latest expiry of its tokens; null if the age of the deployment decides.</param>
public sealed record TicketTerms(string Name, string Uid, Scope Scope, DateTimeOffset? NotAfter);

/// <param name="Status"><see cref="OutcomeKind.Done"/>, <see cref="OutcomeKind.Gone"/>,
/// <see cref="OutcomeKind.Revoked"/>, <see cref="OutcomeKind.RenewalOver"/>, or <see cref="OutcomeKind.OverLimit"/> if
/// the deployment has too many tickets.</param>
/// <param name="Expires">When the ticket expires; null unless it was issued.</param>
public sealed record TicketResult(OutcomeKind Status, DateTimeOffset? Expires = null);

/// <param name="Machine">The hash of the machine's secret.</param>
/// <param name="Lifetime">Of the token.</param>
public sealed record TicketUse(DeploymentId Id, string Hash, string Machine, TimeSpan Lifetime, SecurityNote Note)
{
    /// <summary>Keeps the hashes out of logs.</summary>
    public override string ToString() => $"TicketUse {Id}";
}

/// <param name="Epoch">The epochs that the ticket, and the token, are bound to.</param>
/// <param name="DeploymentExpires">Null if the deployment lives until it is deleted.</param>
public sealed record Redemption(EpochProof Epoch, DateTimeOffset? DeploymentExpires)
{
    /// <summary>The time, by the store's clock. The lifetime of the token begins here.</summary>
    public DateTimeOffset Now { get; init; }
}
