using System.Globalization;
using Goterra.Core.Deployments;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>A reading of the lease clock, as the settings keep it for the next start.</summary>
/// <param name="Offset">The lease clock minus the wall clock.</param>
internal sealed record LeaseReading(long LeaseNow, long Offset)
{
    private const string NowName = "lease_now";
    private const string OffsetName = "lease_offset";

    private static readonly long Max = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <returns>Zeros where none was saved.</returns>
    /// <exception cref="StoreDamagedException">It is not a time.</exception>
    public static LeaseReading Read(SqliteSession session) => FindDamage(session) is { } damage
        ? throw new StoreDamagedException(damage)
        : new LeaseReading(Parse(session, NowName) ?? 0, Parse(session, OffsetName) ?? 0);

    public static string? FindDamage(SqliteSession session) =>
        Parse(session, NowName) is null or < 0 ? $"the setting {NowName} is not a time"
        : Parse(session, OffsetName) is null ? $"the setting {OffsetName} is not a time"
        : null;

    public void Save(SqliteSession session)
    {
        Save(session, NowName, LeaseNow);
        Save(session, OffsetName, Offset);
    }

    /// <returns>0 for a missing setting, null for one that is not a time.</returns>
    private static long? Parse(SqliteSession session, string name) =>
        session.First("SELECT CAST(value AS TEXT) FROM settings WHERE name = ?1", row => row.GetString(0), name)
            is not { } text ? 0
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            && value >= -Max && value <= Max ? value
        : null;

    private static void Save(SqliteSession session, string name, long value) => session.Execute(
        "INSERT OR REPLACE INTO settings (name, value) VALUES (?1, ?2)",
        name, value.ToString(CultureInfo.InvariantCulture));
}
