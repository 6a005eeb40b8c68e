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

    /// <summary>Lists the tickets that are not revoked, oldest first. Expired ones are listed until the store needs
    /// their place.</summary>
    Task<TicketListing> ListAsync(DeploymentId id, CancellationToken cancellationToken);

    /// <summary>
    /// Revokes a ticket, the tickets that were created with its tokens, and all of their tokens; waits that use one are
    /// woken.
    /// </summary>
    /// <returns><see cref="OutcomeKind.Done"/>, <see cref="OutcomeKind.Absent"/>, <see cref="OutcomeKind.Gone"/>,
    /// <see cref="OutcomeKind.Revoked"/>, or <see cref="OutcomeKind.OverLimit"/> if <see cref="MaxRevoked"/> redeemed
    /// tickets were revoked already.</returns>
    Task<OutcomeKind> RevokeAsync(TicketRevocation revocation, CancellationToken cancellationToken);

    /// <summary>
    /// Redeemed tickets that can be revoked one by one, until everything is revoked: each access to the deployment
    /// reads which they are.
    /// </summary>
    const int MaxRevoked = 100;
}

/// <param name="Epoch">That of the caller's credential; no ticket is issued unless it is current. The ticket is bound
/// to the current ones.</param>
/// <param name="Ticket">The public id of the ticket, random.</param>
/// <param name="Hash">The hash of the ticket's secret.</param>
/// <param name="RenewalWindow">See <see cref="DerivedLifetime"/>.</param>
/// <param name="CallerLeft">See <see cref="DerivedLifetime"/>.</param>
public sealed record NewTicket(
    DeploymentId Id,
    EpochProof Epoch,
    string Ticket,
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
/// <param name="Client">Address and name of the client, for display.</param>
public sealed record TicketUse(
    DeploymentId Id, string Hash, string Machine, TimeSpan Lifetime, SecurityNote Note, string Client)
{
    /// <summary>Keeps the hashes out of logs.</summary>
    public override string ToString() => $"TicketUse {Id}";
}

/// <param name="Head">Null if the deployment does not exist.</param>
public sealed record TicketListing(DeploymentHead? Head, IReadOnlyList<TicketInfo> Tickets);

/// <summary>A ticket, for display.</summary>
/// <param name="Ticket">Its public id.</param>
/// <param name="Redeemed">Its first redemption; null if it was not redeemed yet.</param>
/// <param name="Misuses">From how many addresses another machine tried to redeem it.</param>
public sealed record TicketInfo(
    string Ticket, TicketTerms Terms, DateTimeOffset Made, DateTimeOffset Expires, TicketRedemption? Redeemed,
    int Misuses);

/// <param name="Client">Address and name of the client.</param>
public sealed record TicketRedemption(string Client, DateTimeOffset Time);

/// <param name="Epoch">That of the caller's credential.</param>
/// <param name="Ticket">The public id of the ticket.</param>
public sealed record TicketRevocation(DeploymentId Id, EpochProof Epoch, string Ticket, SecurityNote Note)
{
    /// <summary>Keeps the epoch out of logs.</summary>
    public override string ToString() => $"TicketRevocation {Id} {Ticket}";
}

/// <param name="Epoch">What the token is bound to: the epochs of the ticket, and the ticket itself.</param>
/// <param name="DeploymentExpires">Null if the deployment lives until it is deleted.</param>
public sealed record Redemption(EpochProof Epoch, DateTimeOffset? DeploymentExpires)
{
    /// <summary>The time, by the store's clock. The lifetime of the token begins here.</summary>
    public DateTimeOffset Now { get; init; }
}
