using System.Security.Cryptography;
using System.Text;
using Goterra.Core.Access;
using Goterra.Core.Model;

namespace Goterra.Infrastructure.Users;

/// <summary>
/// Asks where users come from, in this order: the configuration, the auth service, anonymous where that is allowed. A key that is sent must be somebody's where
/// anybody knows keys: it is never ignored for the sake of anonymous.
/// </summary>
internal sealed class UserDirectory(UserOptions options, AccessOptions access, IHttpClientFactory clients, TimeProvider time) : IUserDirectory, IDisposable
{
    private const int LongestKey = 1024;
    private static readonly TimeSpan RememberYes = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan RememberNo = TimeSpan.FromSeconds(5);
    private static readonly User Nobody = new(Owner.Anonymous);

    private readonly IReadOnlyList<(byte[] KeyHash, User User)> _configured =
        [.. options.Users.Select(user => (Convert.FromHexString(user.KeySha256), new User(new Owner("config", user.Uid), user.IsAdmin, user.Namespaces)))];

    private readonly Lookups<User?> _users = new(time);
    private readonly Lookups<NamespaceRole> _roles = new(time);

    public async Task<User?> FindByApiKeyAsync(string? apiKey, CancellationToken cancellationToken)
    {
        var key = apiKey?.Trim();
        if (string.IsNullOrEmpty(key) || !options.HasSource)
            return access.Anonymous ? Nobody : null;
        if (key.Length > LongestKey || key.Any(character => character is <= ' ' or > '~'))
            return null;

        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(key));
        foreach (var (keyHash, user) in _configured)
        {
            if (CryptographicOperations.FixedTimeEquals(keyHash, hash))
                return user;
        }

        return options.Auth is null ? null : await _users.GetAsync(
            Convert.ToHexString(hash),
            async () => await Client().FindByApiKeyAsync(key) is { } user ? (user, RememberYes) : (null, RememberNo),
            cancellationToken);
    }

    public async Task<NamespaceRole> GetRoleAsync(User user, NamespaceName name, DeploymentId? opening, CancellationToken cancellationToken)
    {
        if (user.Identity == Owner.Anonymous)
            return NamespaceRole.None;
        if (user.Namespaces is { } namespaces)
            return namespaces.GetValueOrDefault(name);
        if (options.Auth is null)
            return NamespaceRole.None;

        // An owner may know. All others' look-ups are alike, whether the deployment exists, and whatever role they have in its namespace.
        var inNamespace = $"{user.Identity.Source}\n{user.Identity.Uid}\n{name.Text}";
        var isOwner = _roles.TryRecall(inNamespace, out var known) && known == NamespaceRole.Owner;
        return await _roles.GetAsync(
            opening is null || isOwner ? inNamespace : $"{inNamespace}\n{opening}",
            async () => await Client().GetRoleAsync(user, name) is var role && role > LeastRemembered(opening) ? (role, RememberYes) : (role, RememberNo),
            cancellationToken);
    }

    // A member of a namespace is a stranger to its deployments.
    private static NamespaceRole LeastRemembered(DeploymentId? opening) => opening is null ? NamespaceRole.None : NamespaceRole.Member;

    private AuthServiceClient Client() => new(clients, options.Auth!);

    public void Dispose()
    {
        _users.Dispose();
        _roles.Dispose();
    }
}
