using System.Text;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Infrastructure.Encryption;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>A deployment as writes need it, and the mapping of what reads return.</summary>
internal sealed record DeploymentRow(
    DeploymentId Id, string Epoch, string? NamespaceEpoch, long Created, long Expires, bool EndsWithTokens, bool Failed,
    long Revision, long Keys, long Bytes, long Events, long SecurityEvents, string RevokedTickets)
{
    /// <summary>
    /// For <see cref="Head"/>, from column 0 on; the first one is the epoch, a space, and the revoked tickets.
    /// </summary>
    public const string HeadColumns =
        "d.epoch || ' ' || d.revoked_tickets, n.epoch, d.expires, d.failures, d.failed, d.reason";

    /// <summary>For <see cref="Head"/> and <see cref="Summary"/>.</summary>
    public const string Columns =
        HeadColumns + ", d.id, d.source, d.uid, d.namespace, d.name, d.created, d.updated, d.revision, d.keys";

    public const string From = "FROM deployments d LEFT JOIN namespaces n ON n.name = d.namespace";

    /// <summary>?1 is the id, ?2 the time.</summary>
    public const string IsAlive = "d.id = ?1 AND (d.expires = 0 OR d.expires > ?2)";

    /// <returns>Null if there is none. An expired one is found until it is swept.</returns>
    public static DeploymentRow? Find(SqliteSession session, DeploymentId id) => session.First(
        "SELECT d.epoch, n.epoch, d.created, d.expires, d.ends_with_tokens, d.failed, d.revision, d.keys, d.bytes, " +
        $"d.events, d.security_events, d.revoked_tickets {From} WHERE d.id = ?1",
        row => new DeploymentRow(
            id, row.GetString(0), row.Text(1), row.Number(2), row.Number(3), row.Number(4) == 1, row.Number(5) == 1,
            row.Number(6), row.Number(7), row.Number(8), row.Number(9), row.Number(10), row.GetString(11)),
        id.ToString());

    /// <summary>Finds the deployment of a write.</summary>
    /// <returns>
    /// Null with <see cref="OutcomeKind.Gone"/>, <see cref="OutcomeKind.Revoked"/> or <see
    /// cref="OutcomeKind.CredentialExpired"/>; otherwise the row with <see cref="OutcomeKind.Done"/>.
    /// </returns>
    public static DeploymentRow? Authorize(
        SqliteWriteSession session, DeploymentId id, EpochProof proof, out OutcomeKind status)
    {
        var row = Find(session, id);
        status = row is null || !row.Lives(session.Now) ? OutcomeKind.Gone
            : proof.Expires?.ToUnixTimeMilliseconds() <= session.Now ? OutcomeKind.CredentialExpired
            : row.Admits(proof) ? OutcomeKind.Done
            : OutcomeKind.Revoked;
        return status == OutcomeKind.Done ? row : null;
    }

    public static DeploymentHead Head(SqliteRow row, ValueCipher cipher, DeploymentId id, long now)
    {
        var epochAndTickets = row.GetString(0).Split(' ');
        return new(
            epochAndTickets[0],
            row.Number(2) is > 0 and var expires ? TimeSpan.FromMilliseconds(expires - now) : null,
            row.Number(3),
            row.Number(4) == 1,
            row.Blob(5) is { } failure ? () => StoredFailure.Open(cipher, id, failure) : null)
        {
            NamespaceEpoch = row.Text(1),
            RevokedTickets = epochAndTickets[1],
            Now = DateTimeOffset.FromUnixTimeMilliseconds(now),
        };
    }

    public static DeploymentSummary Summary(SqliteRow row, ValueCipher cipher)
    {
        var id = DeploymentId.Parse(row.GetString(6));
        var deployment = new Deployment(
            id,
            new Owner(row.GetString(7), row.GetString(8)),
            row.Text(9) is { } name ? NamespaceName.Parse(name) : null,
            Open(row, 10, cipher, id, "name"),
            row.Time(11),
            row.Time(12),
            row.End(2),
            row.Number(13))
        {
            FailedBecause = row.Number(4) == 1 && row.Blob(5) is { } failure
                ? StoredFailure.Open(cipher, id, failure).Reason
                : null,
        };
        return new DeploymentSummary(deployment, row.Number(14));
    }

    public static DateTimeOffset? DateOf(long expires) =>
        expires == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(expires);

    public bool Lives(long now) => Expires == 0 || Expires > now;

    public bool Admits(EpochProof proof) =>
        (proof.Deployment is null || proof.Deployment == Epoch)
            && (proof.Namespace is null || proof.Namespace == NamespaceEpoch)
            && !DeploymentHead.IsRevoked(proof.Tickets, RevokedTickets);

    /// <summary>When the deployment ends once there is a token that ends at <paramref name="latest"/>.</summary>
    /// <param name="longest">The longest life that a deployment may have.</param>
    public long ExpiresWithToken(long latest, TimeSpan? longest)
    {
        if (!EndsWithTokens)
            return Expires;
        if (longest is { } most)
            latest = Math.Min(latest, Created + (long)most.TotalMilliseconds);
        return Math.Max(latest, Expires);
    }

    /// <summary>The remaining lifetime of a caller's credential.</summary>
    /// <param name="proof">Says when it expires.</param>
    /// <param name="left">As the instance knows it.</param>
    /// <param name="now">The time.</param>
    public static TimeSpan? CallerLeft(EpochProof proof, TimeSpan? left, long now) =>
        left is not null && proof.Expires is { } expires
            ? TimeSpan.FromMilliseconds(expires.ToUnixTimeMilliseconds() - now)
            : left;

    /// <returns>Null if no credential can be derived.</returns>
    public TimeSpan? DerivedLifetime(TimeSpan lifetime, TimeSpan? window, TimeSpan? left, long now)
    {
        if (window is null)
            return lifetime;

        var open = window.Value + TimeSpan.FromMilliseconds(Created - now);
        if (left is null)
            return open > TimeSpan.Zero ? lifetime : null;

        var derived = TimeSpan.FromTicks(Math.Min(lifetime.Ticks, Math.Max(open.Ticks, left.Value.Ticks)));
        return derived > TimeSpan.Zero ? derived : null;
    }

    private static string? Open(SqliteRow row, int column, ValueCipher cipher, DeploymentId id, string field) =>
        row.Blob(column) is { } sealedText
            ? Encoding.UTF8.GetString(cipher.Open(new Place(id, field), sealedText))
            : null;
}
