using System.Security.Cryptography;

namespace Goterra.Cli.Http;

/// <summary>
/// Exponential backoff with jitter, so that many clients don't return to a restarted server at the same moment.
/// </summary>
internal sealed class Backoff(TimeSpan initial, TimeSpan max)
{
    private int _doublings;

    public TimeSpan Next()
    {
        var delay = initial * Math.Pow(2, _doublings);
        if (delay < max)
            _doublings++;
        return (delay < max ? delay : max) * Jitter(0.5, 1.0);
    }

    public void Reset() => _doublings = 0;

    /// <summary>A delay that the server asked for: not shorter, and up to a fifth longer.</summary>
    public static TimeSpan AtLeast(TimeSpan delay) => delay * Jitter(1.0, 1.2);

    private static double Jitter(double from, double to) =>
        from + ((to - from) * RandomNumberGenerator.GetInt32(1_000_001) / 1_000_000);
}
