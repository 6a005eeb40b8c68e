using Goterra.Core.Model;

namespace Goterra.Core.Access;

/// <summary>Finds the user of an API key, and the user's role in a namespace.</summary>
/// <exception cref="UserDirectoryUnavailableException">Thrown by each method if a service has to be asked, and it
/// cannot be reached, times out or sends an invalid response.</exception>
public interface IUserDirectory
{
    /// <summary>
    /// Users or an auth service are configured: an unknown API key is refused, instead of being ignored as anonymous.
    /// </summary>
    bool KnowsKeys { get; }

    /// <summary>Looks up an API key among those that need no service.</summary>
    User? FindConfigured(string apiKey);

    /// <summary>Looks up an API key.</summary>
    /// <param name="apiKey">As the caller sent it; null or empty if it sent none.</param>
    /// <returns>Null if the key is unknown. <see cref="Owner.Anonymous"/> only if anonymous access is enabled: without
    /// a key, or with any key if there is no other source of users.</returns>
    Task<User?> FindByApiKeyAsync(string? apiKey, CancellationToken cancellationToken);

    /// <summary>A service is configured that knows session tokens of the platform.</summary>
    bool KnowsSessions { get; }

    /// <summary>Looks up a session token of the platform.</summary>
    /// <returns>Null if the token is unknown, or <see cref="KnowsSessions"/> is false.</returns>
    Task<User?> FindBySessionTokenAsync(string token, CancellationToken cancellationToken);

    /// <summary>Returns the user's role in a namespace. Anonymous users have none.</summary>
    /// <param name="opening">The deployment that the user wants to access as an owner; null if the request is about the
    /// namespace itself. A negative answer for another deployment or for the namespace is not reused: the time saved
    /// would reveal which deployments exist.</param>
    Task<NamespaceRole> GetRoleAsync(
        User user, NamespaceName name, DeploymentId? opening, CancellationToken cancellationToken);
}

/// <summary>The service that manages the users cannot be reached, or sent an invalid response.</summary>
public sealed class UserDirectoryUnavailableException(string message, Exception? inner = null)
    : Exception(message, inner);
