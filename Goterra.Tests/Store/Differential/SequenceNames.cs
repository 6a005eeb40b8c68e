using Goterra.Core.Access;
using Goterra.Core.Deployments;

namespace Goterra.Tests.Store.Differential;

/// <summary>The names that a sequence of operations uses: fresh ones for each, and the same in both stores.</summary>
internal sealed class SequenceNames(int sequence)
{
    private static readonly string[] Uids = ["alice", "bob"];

    private readonly List<DeploymentId> _ids = [];

    /// <summary>Of a deployment that is never made.</summary>
    public DeploymentId Unknown { get; } = DeploymentId.New();

    /// <summary>Of the nth deployment.</summary>
    public DeploymentId Id(int ordinal)
    {
        while (_ids.Count <= ordinal)
            _ids.Add(DeploymentId.New());
        return _ids[ordinal];
    }

    public int OrdinalOf(DeploymentId id) => _ids.IndexOf(id);

    /// <param name="index">The last one is the anonymous one.</param>
    public Owner Owner(int index) => index < Uids.Length ? new Owner("config", $"{Uids[index]}-{sequence}") : Core.Access.Owner.Anonymous;

    public NamespaceName Namespace(int index) => NamespaceName.Parse($"team{index}-{sequence}");
}
