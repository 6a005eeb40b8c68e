using Goterra.Core.Deployments;

namespace Goterra.Core.Access;

/// <summary>Answers who the user of an API key is, and what he is in a namespace.</summary>
/// <exception cref="UserDirectoryUnavailableException">Thrown by each method where a service has to be asked and can't be reached, doesn't answer in time,
/// or answers nonsense.</exception>
public interface IUserDirectory
{
    /// <summary>Looks an API key up.</summary>
    /// <param name="apiKey">As the caller sent it; null or empty where it sent none.</param>
    /// <returns>Null where the key is nobody's. The user <see cref="Owner.Anonymous"/> only where anonymous is allowed: without a key, or with any key where
    /// anonymous is the sole source.</returns>
    Task<User?> WhoIsAsync(string? apiKey, CancellationToken cancellationToken);

    /// <summary>Tells what the user is in a namespace. Anonymous is nothing in any.</summary>
    /// <param name="opening">The deployment that the user wants to open by being an owner; null where it is about the namespace itself. For who is no owner, nothing
    /// that was asked before about another deployment, or the namespace, saves the look-up: he could tell from that which deployments exist.</param>
    Task<NamespaceRole> RoleAsync(User user, NamespaceName name, DeploymentId? opening, CancellationToken cancellationToken);
}

/// <summary>The service that knows the users can't be reached or didn't answer properly.</summary>
public sealed class UserDirectoryUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
