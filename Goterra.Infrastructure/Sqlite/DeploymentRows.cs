using System.Text;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Infrastructure.Encryption;
using Microsoft.Data.Sqlite;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>Deployments as they are read.</summary>
internal static class DeploymentRows
{
    /// <summary>For <see cref="Head"/>, from column 0 on.</summary>
    public const string HeadColumns = "d.epoch, n.epoch, d.expires, d.failures, d.failed, d.reason";

    /// <summary>For <see cref="Head"/> and <see cref="Deployment"/>; the number of keys stands in column 14.</summary>
    public const string Columns = HeadColumns + ", d.id, d.source, d.uid, d.namespace, d.name, d.created, d.updated, d.revision, d.keys";

    public const int KeysColumn = 14;

    public const string From = "FROM deployments d LEFT JOIN namespaces n ON n.name = d.namespace";

    public static DeploymentHead Head(SqliteDataReader row, ValueCipher cipher, DeploymentId id, long now) => new(
        row.GetString(0),
        row.Number(2) == 0 ? null : TimeSpan.FromMilliseconds(row.Number(2) - now),
        row.Number(3),
        row.Number(4) == 1,
        row.Blob(5) is { } reason ? () => Open(cipher, id, "reason", reason) : null)
    {
        NamespaceEpoch = row.Text(1),
    };

    public static Deployment Deployment(SqliteDataReader row, ValueCipher cipher)
    {
        var id = DeploymentId.Parse(row.GetString(6));
        return new Deployment(
            id,
            new Owner(row.GetString(7), row.GetString(8)),
            row.Text(9) is { } name ? NamespaceName.Parse(name) : null,
            row.Blob(10) is { } title ? Open(cipher, id, "name", title) : null,
            row.Time(11),
            row.Time(12),
            row.End(2),
            row.Number(13))
        {
            FailedBecause = row.Number(4) == 1 ? Open(cipher, id, "reason", row.Blob(5)!) : null,
        };
    }

    private static string Open(ValueCipher cipher, DeploymentId id, string field, byte[] sealedText) => Encoding.UTF8.GetString(cipher.Open(new Place(id, field), sealedText));
}
