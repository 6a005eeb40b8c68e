using Goterra.Cli.Arguments;

namespace Goterra.Cli.Leases;

/// <param name="Key">The lease.</param>
/// <param name="Value">What others read there; the same in all renewals, so that these wake nobody.</param>
/// <param name="Life">How long it is there without being renewed.</param>
internal sealed record LeaseTerms(ValueKey Key, byte[] Value, TimeSpan Life)
{
    public TimeSpan RenewAfter => Life / 3;

    /// <summary>Early enough for a command to be ended before somebody else gets the lease.</summary>
    public TimeSpan GivenUpAfter => Life * 2 / 3;

    public override string ToString() => $"{nameof(LeaseTerms)} {Key}";
}
