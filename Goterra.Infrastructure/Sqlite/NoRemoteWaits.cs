using Goterra.Core.Deployments;
using Goterra.Core.Waiting;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>The embedded store has one instance: there are no others with waits of their own.</summary>
internal sealed class NoRemoteWaits : IWaitingBoard
{
    public Task<IReadOnlyList<Waiting>> OthersAsync(DeploymentId deployment, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<Waiting>>([]);
}
