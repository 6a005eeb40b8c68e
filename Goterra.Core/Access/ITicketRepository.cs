using Goterra.Core.Deployments;

namespace Goterra.Core.Access;

/// <summary>
/// The tickets of deployments: each can be traded for tokens by one machine, the first that comes. The store knows a ticket by the hash of its secret only.
/// </summary>
/// <exception cref="StoreUnavailableException">Thrown by each method; see <see cref="IDeploymentRepository"/>.</exception>
public interface ITicketRepository
{
    /// <summary>Stores a new ticket.</summary>
    Task<TicketMaking> MakeAsync(NewTicket ticket, CancellationToken cancellationToken);

    /// <summary>Tells what a ticket is for.</summary>
    /// <returns>Null where there is no such ticket (any more).</returns>
    Task<TicketTerms?> FindAsync(DeploymentId id, string hash, CancellationToken cancellationToken);

    /// <summary>Trades a ticket: the first machine takes it, and may come again until the ticket ends. Another one's try is kept as a security event, once for
    /// each ticket and address.</summary>
    /// <returns>Null where it is not to be had: no such ticket, over, revoked, taken by another machine, or the deployment is gone.</returns>
    Task<Redemption?> RedeemAsync(TicketUse use, CancellationToken cancellationToken);
}

/// <param name="Epoch">Of the caller's credential; where it doesn't hold, there is no ticket. The ticket is bound to the current ones.</param>
/// <param name="Hash">Of the ticket's secret.</param>
/// <param name="Window">See <see cref="MintRequest"/>.</param>
/// <param name="CallerLeft">See <see cref="MintRequest"/>.</param>
public sealed record NewTicket(
    DeploymentId Id, EpochProof Epoch, string Hash, TicketTerms Terms, TimeSpan Lifetime, TimeSpan? Window, TimeSpan CallerLeft, SecurityNote Note)
{
    /// <summary>Keeps epoch and hash out of anything that prints records.</summary>
    public override string ToString() => $"NewTicket {Id}";
}

/// <summary>What a ticket opens.</summary>
/// <param name="Name">For people.</param>
/// <param name="Uid">Of whoever made it.</param>
/// <param name="Until">No token made of it lives longer; null where the deployment's age decides.</param>
public sealed record TicketTerms(string Name, string Uid, Scope Scope, DateTimeOffset? Until);

/// <param name="Expires">Of the ticket; null unless <see cref="TicketStatus.Done"/>.</param>
public sealed record TicketMaking(TicketStatus Status, DateTimeOffset? Expires = null);

public enum TicketStatus
{
    Done,

    /// <summary>The deployment was deleted, has expired or never was.</summary>
    Gone,

    /// <summary>The credential belongs to an earlier epoch.</summary>
    Revoked,

    /// <summary>The deployment is too old for its tokens to make others.</summary>
    Closed,

    /// <summary>The deployment has as many tickets as it may.</summary>
    TooMany,
}

/// <param name="Machine">Hash of what the machine is known by.</param>
/// <param name="Lifetime">Of the token.</param>
public sealed record TicketUse(DeploymentId Id, string Hash, string Machine, TimeSpan Lifetime, SecurityNote Note)
{
    /// <summary>Keeps the hashes out of anything that prints records.</summary>
    public override string ToString() => $"TicketUse {Id}";
}

/// <param name="Epoch">What the ticket is bound to, and the token will be.</param>
/// <param name="DeploymentExpires">Null: lives until it is deleted.</param>
public sealed record Redemption(EpochProof Epoch, DateTimeOffset? DeploymentExpires);
