using Goterra.Core.Model;

namespace Goterra.Core.Access;

/// <summary>What a credential allows in its deployment.</summary>
public abstract record Scope
{
    /// <summary>Everything in the deployment, including deleting it.</summary>
    public static readonly Scope Full = new FullScope();

    /// <summary>
    /// To look at the deployment: its keys, waits, hints and events, but no value. For dashboards and links.
    /// </summary>
    public static readonly Scope Observe = new ObserveScope();

    /// <summary>
    /// Also allows what concerns the deployment as a whole: delete, resume, revoke, issue tickets and narrower tokens.
    /// </summary>
    public bool IsFull => this is FullScope;

    /// <summary>Shows all keys and waits of the deployment, whoever they are of.</summary>
    public bool SeesAll => this is FullScope or ObserveScope;

    /// <summary>Whether a key may be shown, without its value.</summary>
    public bool Sees(ValueKey key) => SeesAll || Reads(key);

    /// <summary>Whether every key with this prefix may be shown, without its value.</summary>
    public bool Sees(KeyPrefix prefix) => SeesAll || Reads(prefix);

    public abstract bool Reads(ValueKey key);

    /// <summary>Whether every key with this prefix may be read.</summary>
    public abstract bool Reads(KeyPrefix prefix);

    public abstract bool Writes(ValueKey key);

    /// <summary>Allows declaring the deployment failed.</summary>
    public abstract bool Fails { get; }

    private sealed record FullScope : Scope
    {
        public override bool Fails => true;

        public override bool Reads(ValueKey key) => true;

        public override bool Reads(KeyPrefix prefix) => true;

        public override bool Writes(ValueKey key) => true;
    }

    private sealed record ObserveScope : Scope
    {
        public override bool Fails => false;

        public override bool Reads(ValueKey key) => false;

        public override bool Reads(KeyPrefix prefix) => false;

        public override bool Writes(ValueKey key) => false;
    }
}

/// <summary>Allows reading and writing the keys that a pattern matches. Writing does not imply reading.</summary>
/// <param name="MayFail">Allows declaring the deployment failed.</param>
public sealed record NarrowScope(IReadOnlyList<KeyPattern> Read, IReadOnlyList<KeyPattern> Write, bool MayFail) : Scope
{
    /// <summary>Patterns in one scope, read and write together.</summary>
    public const int MaxPatterns = 32;

    /// <summary>Bytes of all patterns: they are sent in the header of each request.</summary>
    public const int MaxBytes = 2000;

    public override bool Fails => MayFail;

    public override bool Reads(ValueKey key) => Read.Any(pattern => pattern.Covers(key));

    public override bool Reads(KeyPrefix prefix) => Read.Any(pattern => pattern.Covers(prefix));

    public override bool Writes(ValueKey key) => Write.Any(pattern => pattern.Covers(key));

    public bool Equals(NarrowScope? other) =>
        other is not null && MayFail == other.MayFail && Read.SequenceEqual(other.Read)
            && Write.SequenceEqual(other.Write);

    public override int GetHashCode() => HashCode.Combine(Read.Count, Write.Count, MayFail);
}
