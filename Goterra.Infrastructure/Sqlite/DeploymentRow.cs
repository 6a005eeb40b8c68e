using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Microsoft.Data.Sqlite;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>What a write must know of its deployment.</summary>
internal sealed record DeploymentRow(
    DeploymentId Id, string Epoch, string? NamespaceEpoch, long Created, long Expires, bool EndsWithTokens, long Revision, long Keys, long Bytes, long Events, long SecurityEvents)
{
    public bool Failed { get; init; }

    /// <summary>Lets a write in where the deployment lives and the caller's epochs are the current ones.</summary>
    /// <returns><see cref="OutcomeKind.Gone"/> or <see cref="OutcomeKind.Revoked"/> and no row; otherwise <see cref="OutcomeKind.Done"/> and the row.</returns>
    public static (OutcomeKind Status, DeploymentRow Row) Enter(SqliteWriteSession session, DeploymentId id, EpochProof proof)
    {
        if (Find(session, id) is not { } row || !row.Lives(session.Now))
            return (OutcomeKind.Gone, null!);
        return row.Admits(proof) ? (OutcomeKind.Done, row) : (OutcomeKind.Revoked, null!);
    }

    /// <returns>Null where there is none; one whose time is over is there until it is swept.</returns>
    public static DeploymentRow? Find(SqliteSession session, DeploymentId id) => session.First(
        """
        SELECT d.epoch, n.epoch, d.created, d.expires, d.ends_with_tokens, d.revision, d.keys, d.bytes, d.events, d.security_events, d.failed
        FROM deployments d LEFT JOIN namespaces n ON n.name = d.namespace
        WHERE d.id = ?1
        """,
        row => Map(id, row),
        id.ToString());

    public bool Lives(long now) => Expires == 0 || Expires > now;

    /// <summary>When the deployment ends after a token was made that ends at <paramref name="latest"/>: one that ends with its last token lives on with it.</summary>
    /// <param name="longest">The longest life that a deployment may have.</param>
    public long ExpiresWithToken(long latest, TimeSpan? longest)
    {
        if (!EndsWithTokens)
            return Expires;
        if (longest is { } most)
            latest = Math.Min(latest, Created + (long)most.TotalMilliseconds);
        return Math.Max(latest, Expires);
    }

    /// <summary>How long a credential lives that is derived from another.</summary>
    /// <param name="window">How long after its creation the deployment's tokens make others; null without end.</param>
    /// <param name="left">What the caller's credential has left; null where only the window counts.</param>
    /// <returns>Null where none can be made any more.</returns>
    public TimeSpan? Grant(TimeSpan lifetime, TimeSpan? window, TimeSpan? left, long now)
    {
        if (window is null)
            return lifetime;

        var open = window.Value + TimeSpan.FromMilliseconds(Created - now);
        if (left is null)
            return open > TimeSpan.Zero ? lifetime : null;

        var granted = TimeSpan.FromTicks(Math.Min(lifetime.Ticks, Math.Max(open.Ticks, left.Value.Ticks)));
        return granted > TimeSpan.Zero ? granted : null;
    }

    private bool Admits(EpochProof proof) =>
        (proof.Deployment is null || proof.Deployment == Epoch) && (proof.Namespace is null || proof.Namespace == NamespaceEpoch);

    private static DeploymentRow Map(DeploymentId id, SqliteDataReader row) => new(
        id, row.GetString(0), row.Text(1), row.Number(2), row.Number(3), row.Number(4) == 1, row.Number(5), row.Number(6), row.Number(7), row.Number(8), row.Number(9))
    {
        Failed = row.Number(10) == 1,
    };
}
