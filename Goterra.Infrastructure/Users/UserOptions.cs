using Goterra.Core.Access;
using Goterra.Core.Model;

namespace Goterra.Infrastructure.Users;

/// <summary>The sources of users: the configuration first, then the auth service.</summary>
/// <param name="Users">Replaced when the configuration is reloaded.</param>
/// <param name="Auth">Null if there is none.</param>
public sealed record UserOptions(IReadOnlyList<ConfiguredUser> Users, AuthServiceOptions? Auth)
{
    public IReadOnlyList<ConfiguredUser> Users { get; set; } = Users;

    /// <summary>Whether there is a source of users: unknown API keys are then refused.</summary>
    public bool HasSource => Users.Count > 0 || Auth is not null;
}

/// <summary>A user of the configuration.</summary>
/// <param name="KeySha256">SHA-256 of the API key's UTF-8, in hexadecimal, lower case.</param>
public sealed record ConfiguredUser(
    string Uid, string KeySha256, bool IsAdmin, IReadOnlyDictionary<NamespaceName, NamespaceRole> Namespaces);

/// <summary>The goterra-auth service of a platform.</summary>
/// <param name="Base">Its base address, above <c>/auth/api</c>.</param>
/// <param name="Platform">The base address of the deploy service, above <c>/deploy/ns/NAME</c>; null if there is
/// none.</param>
public sealed record AuthServiceOptions(Uri Base, Uri? Platform)
{
    /// <summary>The timeout of one attempt. Default 5 s.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(5);
}
