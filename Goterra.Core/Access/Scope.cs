using Goterra.Core.Deployments;

namespace Goterra.Core.Access;

/// <summary>What a credential may do inside its deployment.</summary>
public abstract record Scope
{
    /// <summary>Everything in the deployment, deleting it included.</summary>
    public static readonly Scope Full = new FullScope();

    public abstract bool Reads(ValueKey key);

    public abstract bool Reads(KeyPrefix prefix);

    public abstract bool Writes(ValueKey key);

    private sealed record FullScope : Scope
    {
        public override bool Reads(ValueKey key) => true;

        public override bool Reads(KeyPrefix prefix) => true;

        public override bool Writes(ValueKey key) => true;
    }
}
