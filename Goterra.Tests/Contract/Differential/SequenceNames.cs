using Goterra.Core.Model;

namespace Goterra.Tests.Contract.Differential;

/// <summary>The names that one sequence uses: no other sequence has them, and both stores have the same.</summary>
internal sealed class SequenceNames(int sequence)
{
    private static readonly string[] Uids = ["alice", "bob"];

    private readonly List<DeploymentId> _ids = [];

    /// <summary>The id of a deployment that is never created.</summary>
    public DeploymentId Unknown { get; } = DeploymentId.New();

    /// <param name="ordinal">Counts the deployments of the sequence.</param>
    public DeploymentId Id(int ordinal)
    {
        while (_ids.Count <= ordinal)
            _ids.Add(DeploymentId.New());
        return _ids[ordinal];
    }

    public int OrdinalOf(DeploymentId id) => _ids.IndexOf(id);

    /// <param name="index">2 for anonymous.</param>
    public Owner Owner(int index) =>
        index < Uids.Length ? new Owner("config", $"{Uids[index]}-{sequence}") : Core.Model.Owner.Anonymous;

    public string Key(int index) => $"key{index}-{sequence}";

    public NamespaceName Namespace(int index) => NamespaceName.Parse($"team{index}-{sequence}");
}
