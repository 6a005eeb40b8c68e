using Goterra.Core.Access;
using Goterra.Core.Model;

namespace Goterra.Infrastructure.Users;

/// <summary>Where users come from, beside anonymous: the configuration first, then the auth service.</summary>
/// <param name="Auth">Null where there is none.</param>
public sealed record UserOptions(IReadOnlyList<ConfiguredUser> Users, AuthServiceOptions? Auth)
{
    /// <summary>Somebody knows users: a key that nobody knows is refused.</summary>
    public bool HasSource => Users.Count > 0 || Auth is not null;
}

/// <summary>A user of the configuration.</summary>
/// <param name="KeySha256">SHA-256 of the API key's UTF-8, in hexadecimal, lower case.</param>
public sealed record ConfiguredUser(string Uid, string KeySha256, bool IsAdmin, IReadOnlyDictionary<NamespaceName, NamespaceRole> Namespaces);

/// <summary>The goterra-auth service of a platform.</summary>
/// <param name="Base">Its address; <c>/auth/api</c> is asked under it.</param>
/// <param name="Platform">The platform's address, where <c>/deploy/ns/NAME</c> tells who owns a namespace; null where nobody does.</param>
public sealed record AuthServiceOptions(Uri Base, Uri? Platform)
{
    /// <summary>How long one attempt may take. 5 s.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(5);
}
