using Goterra.Infrastructure.Encryption;
using Goterra.Infrastructure.Sqlite;

namespace Goterra.Infrastructure.Maintenance;

/// <summary>Finds damage in a store without decrypting anything.</summary>
internal static class StoreInspection
{
    /// <summary>Damage inside the database.</summary>
    public static IReadOnlyList<string> FindDamage(SqliteSession session) =>
        SqliteSchema.FindDifference(session) is { } difference
            ? [difference, .. SqliteSchema.FullCheck(session)]
            :
            [
                .. SqliteSchema.FullCheck(session),
                .. LeaseReading.FindDamage(session) is { } damage ? [damage] : Array.Empty<string>(),
                .. session.All(
                    "SELECT deployment, key FROM \"values\" WHERE length(content) <> size + ?1",
                    row => $"the value {row.GetString(1)} of deployment {row.GetString(0)} has the wrong length",
                    ValueCipher.Overhead),
            ];

    /// <summary>Files of values that are missing or have another length.</summary>
    public static IEnumerable<string> FindDamagedFiles(SqliteSession session, DataFolder folder)
    {
        foreach (var (name, size) in Files(session))
        {
            var file = new FileInfo(Path.Combine(folder.Values, name));
            if (file.Exists ? file.Length != size + ValueCipher.Overhead : IsStillNamed(session, name))
                yield return $"the file values/{name} is {(file.Exists ? "not as long as it should be" : "missing")}";
        }
    }

    /// <summary>The files that rows name, with the size of the value.</summary>
    public static List<(string Name, long Size)> Files(SqliteSession session) =>
        session.All(
            "SELECT file, size FROM \"values\" WHERE file IS NOT NULL", row => (row.GetString(0), row.Number(1)));

    // A server may have replaced the value meanwhile.
    private static bool IsStillNamed(SqliteSession session, string name) =>
        session.First("SELECT 1 FROM \"values\" WHERE file = ?1", _ => true, name);
}
