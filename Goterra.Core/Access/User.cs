using Goterra.Core.Model;

namespace Goterra.Core.Access;

/// <summary>A user as the directory knows it.</summary>
/// <param name="Identity">Source and uid. The same uid in two sources is two users.</param>
/// <param name="IsAdmin">Has full access to every deployment.</param>
/// <param name="Namespaces">The user's roles by namespace; null if another service has to be asked for each
/// namespace.</param>
public sealed record User(
    Owner Identity, bool IsAdmin = false, IReadOnlyDictionary<NamespaceName, NamespaceRole>? Namespaces = null)
{
    /// <summary>
    /// The token for the platform's other services, issued by the auth service; null for configured users.
    /// </summary>
    public Secret? PlatformToken { get; init; }
}

/// <summary>The role of a user in a namespace.</summary>
public enum NamespaceRole
{
    /// <summary>No role. Anything missing, unknown or malformed counts as this.</summary>
    None,

    /// <summary>May create deployments in the namespace.</summary>
    Member,

    /// <summary>Also has full access to all of its deployments.</summary>
    Owner,
}
