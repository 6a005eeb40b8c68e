namespace Goterra.Cli.Leases;

/// <param name="Key">The key of the lease.</param>
/// <param name="Value">Its value. The same in all renewals, so that these don't wake waiting clients.</param>
/// <param name="Ttl">How long it exists without a renewal.</param>
internal sealed record LeaseTerms(ValueKey Key, byte[] Value, TimeSpan Ttl)
{
    public TimeSpan RenewAfter => Ttl / 3;

    /// <summary>Early enough to end a command before another client gets the lease.</summary>
    public TimeSpan AbandonAfter => Ttl * 2 / 3;

    /// <summary>The failure that the server declares if the lease lapses; null for none.</summary>
    public LapseTerms? OnLapse { get; init; }

    public override string ToString() => $"{nameof(LeaseTerms)} {Key}";
}

/// <summary>What the server declares if a lease lapses.</summary>
internal sealed record LapseTerms(FailureSource Source, string Reason)
{
    public IReadOnlyList<(string Name, string Value)> Headers =>
    [
        ("Goterra-Lapse-Reason", Uri.EscapeDataString(Reason)),
        ("Goterra-Lapse-Source", Uri.EscapeDataString(Source.Text)),
    ];
}
