using System.Text;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Infrastructure.Encryption;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>Creates deployments in the embedded store.</summary>
internal sealed class SqliteCreation(SqliteStore store, ValueCipher cipher, CreationFingerprint fingerprint)
{
    private static readonly long KeyLife = (long)TimeSpan.FromHours(24).TotalMilliseconds;

    public Task<Deployment> CreateAsync(NewDeployment deployment)
    {
        var name = SealName(deployment);
        return store.WriteAsync(session => Create(session, deployment, name));
    }

    public Task<CreationResult> CreateOnceAsync(NewDeployment deployment, CreationKey key)
    {
        var (name, hash, fingerprints) = (
            SealName(deployment), CreationFingerprint.HashOf(key, deployment.Owner), fingerprint.Of(deployment));
        return store.WriteAsync(session =>
        {
            if (FirstAnswer(session, hash, fingerprints) is { } answer)
                return answer;
            if (deployment.IsRepetition)
                return new CreationResult(OutcomeKind.OverLimit);

            session.Execute(
                "INSERT OR REPLACE INTO creations (hash, fingerprint, deployment, epoch, forgotten) " +
                "VALUES (?1, ?2, ?3, ?4, ?5)",
                hash, fingerprints[0], deployment.Id.ToString(), deployment.Epoch, session.Now + KeyLife);
            return new CreationResult(
                OutcomeKind.Done, deployment.Id, deployment.Epoch, Create(session, deployment, name));
        });
    }

    /// <returns>Null for a new key.</returns>
    private static CreationResult? FirstAnswer(SqliteWriteSession session, string hash, string[] fingerprints)
    {
        var first = session.First(
            "SELECT fingerprint, deployment, epoch FROM creations WHERE hash = ?1 AND forgotten > ?2",
            row => new
            {
                Fingerprint = row.GetString(0),
                Id = DeploymentId.Parse(row.GetString(1)),
                Epoch = row.GetString(2),
            },
            hash, session.Now);
        if (first is null)
            return null;
        if (!fingerprints.Contains(first.Fingerprint))
            return new CreationResult(OutcomeKind.IdempotencyKeyReused);
        return DeploymentRow.Find(session, first.Id) is { } row && row.Lives(session.Now)
            ? new CreationResult(OutcomeKind.Done, first.Id, first.Epoch)
            : new CreationResult(OutcomeKind.Gone);
    }

    private byte[]? SealName(NewDeployment deployment) => deployment.Name is { } name
        ? cipher.Seal(new Place(deployment.Id, "name"), Encoding.UTF8.GetBytes(name))
        : null;

    private static Deployment Create(SqliteWriteSession session, NewDeployment deployment, byte[]? name)
    {
        var id = deployment.Id;
        var expires = deployment.Lifetime is { } lifetime ? session.Now + (long)lifetime.TotalMilliseconds : 0;
        session.Execute(
            """
            INSERT INTO deployments (
                id, source, uid, namespace, name, created, updated, expires, ends_with_tokens, epoch, events)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?8, ?9, 1)
            """,
            id.ToString(), deployment.Owner.Source, deployment.Owner.Uid, deployment.Namespace?.Text, name,
            session.Now, expires, deployment.EndsWithItsTokens ? 1 : 0, deployment.Epoch);
        SqliteEvents.Append(
            session, id, new StoredEvent(Number: 1, Revision: 0, EventType.Created, Key: null, Note: null));
        var created = DateTimeOffset.FromUnixTimeMilliseconds(session.Now);
        return new Deployment(
            id, deployment.Owner, deployment.Namespace, deployment.Name, created, created,
            DeploymentRow.DateOf(expires), Revision: 0);
    }
}
