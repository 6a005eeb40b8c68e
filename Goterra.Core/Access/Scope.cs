using Goterra.Core.Deployments;

namespace Goterra.Core.Access;

/// <summary>What a credential may do inside its deployment.</summary>
public abstract record Scope
{
    /// <summary>Everything in the deployment, deleting it included.</summary>
    public static readonly Scope Full = new FullScope();

    /// <summary>May also do what concerns the deployment as a whole: delete it, take a failure back, revoke, make tickets and narrower tokens.</summary>
    public bool IsFull => this is FullScope;

    public abstract bool Reads(ValueKey key);

    /// <summary>Whether every key that could begin with this may be read.</summary>
    public abstract bool Reads(KeyPrefix prefix);

    public abstract bool Writes(ValueKey key);

    /// <summary>May declare the deployment failed.</summary>
    public abstract bool Fails { get; }

    private sealed record FullScope : Scope
    {
        public override bool Fails => true;

        public override bool Reads(ValueKey key) => true;

        public override bool Reads(KeyPrefix prefix) => true;

        public override bool Writes(ValueKey key) => true;
    }
}

/// <summary>Reads and writes only what one of its patterns covers. Writing does not imply reading.</summary>
/// <param name="MayFail">May declare the deployment failed.</param>
public sealed record NarrowScope(IReadOnlyList<KeyPattern> Read, IReadOnlyList<KeyPattern> Write, bool MayFail) : Scope
{
    /// <summary>Patterns in one scope, readable and writable ones together.</summary>
    public const int MostPatterns = 32;

    /// <summary>Bytes of all its patterns: they travel in each request's header.</summary>
    public const int MostBytes = 2000;

    public override bool Fails => MayFail;

    public override bool Reads(ValueKey key) => Read.Any(pattern => pattern.Covers(key));

    public override bool Reads(KeyPrefix prefix) => Read.Any(pattern => pattern.Covers(prefix));

    public override bool Writes(ValueKey key) => Write.Any(pattern => pattern.Covers(key));

    public bool Equals(NarrowScope? other) =>
        other is not null && MayFail == other.MayFail && Read.SequenceEqual(other.Read) && Write.SequenceEqual(other.Write);

    public override int GetHashCode() => HashCode.Combine(Read.Count, Write.Count, MayFail);
}
