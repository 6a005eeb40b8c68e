using System.Security.Cryptography;

namespace Goterra.Cli.Connection;

/// <summary>Growing pauses. Jittered, as a hundred machines that lost the same server come back at the same moment otherwise.</summary>
internal sealed class Backoff(TimeSpan first, TimeSpan longest)
{
    private int _doublings;

    public TimeSpan Next()
    {
        var pause = first * Math.Pow(2, _doublings);
        if (pause < longest)
            _doublings++;
        return (pause < longest ? pause : longest) * Jitter(0.5, 1.0);
    }

    public void Reset() => _doublings = 0;

    /// <summary>A pause that somebody else asked for: never shorter, and up to a fifth longer.</summary>
    public static TimeSpan AtLeast(TimeSpan pause) => pause * Jitter(1.0, 1.2);

    private static double Jitter(double from, double to) => from + ((to - from) * RandomNumberGenerator.GetInt32(1_000_001) / 1_000_000);
}
