using System.Collections.Concurrent;

namespace Goterra.Terraform.Store;

/// <summary>Deployments that have ended by themselves, by their ids.</summary>
internal sealed class EndedDeployments
{
    private readonly ConcurrentDictionary<string, bool> _ids = new(StringComparer.Ordinal);

    public void Add(string id) => _ids[id] = true;

    public bool Contains(string id) => _ids.ContainsKey(id);
}
