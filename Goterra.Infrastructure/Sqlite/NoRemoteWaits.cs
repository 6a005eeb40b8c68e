using Goterra.Core.Model;
using Goterra.Core.Waiting;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>The embedded store has one instance: there are no others with waits of their own.</summary>
internal sealed class NoRemoteWaits : IRemoteWaits
{
    public Task<IReadOnlyList<WaitInfo>> ListAsync(DeploymentId deployment, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<WaitInfo>>([]);
}
