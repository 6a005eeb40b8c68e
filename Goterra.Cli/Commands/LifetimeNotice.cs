using System.Globalization;
using Goterra.Cli.Output;

namespace Goterra.Cli.Commands;

/// <summary>Reports that the server has granted a shorter lifetime than requested.</summary>
internal static class LifetimeNotice
{
    /// <summary>Lifetimes are in seconds, and the request took a moment.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(1);

    /// <param name="statusWriter">Where to report.</param>
    /// <param name="subject">What has the lifetime, such as `token`.</param>
    /// <param name="requested">The value of --ttl, if any.</param>
    /// <param name="expires">When it ends, as the server says.</param>
    /// <param name="now">The server's clock.</param>
    public static void Write(
        StatusWriter statusWriter, string subject, string? requested, string? expires, DateTimeOffset now)
    {
        if (!Duration.TryParse(requested, out var lifetime)
            || !DateTimeOffset.TryParse(
                expires, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var end))
            return;
        if (end - now < lifetime - Tolerance)
        {
            statusWriter.WriteLine(
                $"{subject}: the server limits the lifetime to {Humanizer.Duration(end - now + Tolerance / 2)} "
                + $"(until {expires}), less than --ttl {requested}");
        }
    }
}
