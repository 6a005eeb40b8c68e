using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;

namespace Goterra.Core.Services;

internal static class ReadableKeys
{
    /// <summary>Lists the keys that a caller may read, for hints.</summary>
    /// <returns>Empty if the store cannot be reached.</returns>
    public static async Task<IReadOnlyList<KeyInfo>> ListReadableAsync(
        this IDeploymentRepository repository, Caller caller, CancellationToken cancellationToken)
    {
        try
        {
            var listing = await repository.ListAsync(caller.Deployment, KeyPrefix.All, cancellationToken);
            return listing?.For(caller).Keys ?? [];
        }
        catch (StoreUnavailableException)
        {
            return [];
        }
    }
}
