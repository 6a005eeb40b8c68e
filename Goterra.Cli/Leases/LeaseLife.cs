using System.CommandLine;
using Goterra.Cli.Arguments;

namespace Goterra.Cli.Leases;

/// <summary>`--ttl`: how long a lease lasts without a renewal.</summary>
internal static class LeaseLife
{
    private static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    public static TimeSpan Of(ParseResult parsed, Option<string?> option, TimeSpan otherwise)
    {
        if (parsed.GetValue(option) is not { } text)
            return otherwise;
        return Duration.HasUnit(text) && Duration.TryParse(text, out var life) && life > TimeSpan.Zero && life <= Longest
            ? life
            : throw CliException.Usage($"{option.Name} must be a time with a unit, from 1s to 24h");
    }
}
