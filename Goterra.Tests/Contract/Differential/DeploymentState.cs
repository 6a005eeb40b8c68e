using Goterra.Core.Model;

namespace Goterra.Tests.Contract.Differential;

/// <summary>What a sequence knows of a deployment in one store.</summary>
internal sealed class DeploymentState(
    DeploymentId id, NamespaceName? name, DateTimeOffset created, DateTimeOffset? expires, string epoch)
{
    // How long a store remembers the owner of an ended deployment.
    private static readonly TimeSpan TombstoneLife = TimeSpan.FromDays(7);

    private readonly Dictionary<string, List<EntityTag>> _tags = [];

    public DeploymentId Id => id;

    public NamespaceName? Namespace => name;

    public DateTimeOffset Created => created;

    public DateTimeOffset? Expires { get; set; } = expires;

    public bool IsDeleted { get; set; }

    /// <summary>The last one is the current one.</summary>
    public List<string> Epochs { get; } = [epoch];

    public bool Lives(DateTimeOffset now) => !IsDeleted && !(Expires <= now);

    /// <summary>It expired so long ago that a store may have forgotten it; see <see cref="FindOwnership"/>.</summary>
    public bool MayBeForgotten(DateTimeOffset now) => !IsDeleted && Expires + TombstoneLife <= now;

    /// <summary>What the tokens of redeemed tickets are bound to.</summary>
    public List<string?> Tickets { get; } = [];

    public void Learn(string key, EntityTag tag)
    {
        if (!_tags.TryGetValue(key, out var tags))
            _tags.Add(key, tags = []);
        if (!tags.Contains(tag))
            tags.Add(tag);
    }

    /// <param name="back">0 for the last tag of the key, 1 for the one before it.</param>
    public EntityTag? Tag(string key, int back) =>
        _tags.GetValueOrDefault(key) is { } tags && tags.Count > back ? tags[^(1 + back)] : null;

    public EntityTag? TagOfAnother(string key) =>
        _tags.Where(known => known.Key != key).Select(known => (EntityTag?)known.Value[^1]).FirstOrDefault();
}
