using System.Security.Cryptography;
using System.Text;
using Goterra.Core.Access;
using Goterra.Core.Model;

namespace Goterra.Infrastructure.Users;

/// <summary>
/// Finds users in the configuration, then in the auth service; without an API key, anonymous if that is allowed. An
/// unknown key is always refused, even if anonymous access is allowed.
/// </summary>
internal sealed class UserDirectory(
    UserOptions options,
    AccessOptions access,
    IHttpClientFactory clients,
    TimeProvider time) : IUserDirectory, IDisposable
{
    private const int MaxKeyLength = 1024;
    private const int MaxSessionLength = 8192;
    private static readonly TimeSpan RememberYes = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan RememberNo = TimeSpan.FromSeconds(5);
    private static readonly User Nobody = new(Owner.Anonymous);

    private volatile ConfiguredUsers _configured = new(options.Users);
    private readonly Lookups<User?> _users = new(time);
    private readonly Lookups<NamespaceRole> _roles = new(time);

    public bool KnowsKeys => options.HasSource;

    public bool KnowsSessions => options.Auth is not null;

    public User? FindConfigured(string apiKey) => HashOf(apiKey) is { } hash ? FindConfigured(hash) : null;

    public async Task<User?> FindByApiKeyAsync(string? apiKey, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(apiKey) || !options.HasSource)
            return access.Anonymous ? Nobody : null;
        if (HashOf(apiKey) is not { } hash)
            return null;
        if (FindConfigured(hash) is { } configured)
            return configured;
        if (options.Auth is null)
            return null;

        var key = apiKey.Trim();
        return await _users.GetAsync(
            Convert.ToHexString(hash),
            async () => await Client().FindByApiKeyAsync(key) is { } user ? (user, RememberYes) : (null, RememberNo),
            cancellationToken);
    }

    public async Task<User?> FindBySessionTokenAsync(string token, CancellationToken cancellationToken)
    {
        if (!KnowsSessions || token.Length > MaxSessionLength || token.Any(character => character is <= ' ' or > '~'))
            return null;

        return await _users.GetAsync(
            Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes("session\n" + token))),
            async () => await Client().FindBySessionTokenAsync(token) is { } user
                ? (user, RememberYes)
                : (null, RememberNo),
            cancellationToken);
    }

    public async Task<NamespaceRole> GetRoleAsync(
        User user, NamespaceName name, DeploymentId? opening, CancellationToken cancellationToken)
    {
        if (user.Identity == Owner.Anonymous)
            return NamespaceRole.None;
        if (user.Namespaces is { } namespaces)
            return namespaces.GetValueOrDefault(name);
        if (options.Auth is null)
            return NamespaceRole.None;

        // Owners are looked up in the cache. For all others the lookup takes the same path whether or not the
        // deployment exists.
        var inNamespace = $"{user.Identity.Source}\n{user.Identity.Uid}\n{name.Text}";
        var isOwner = _roles.TryRecall(inNamespace, out var known) && known == NamespaceRole.Owner;
        return await _roles.GetAsync(
            opening is null || isOwner ? inNamespace : $"{inNamespace}\n{opening}",
            async () =>
                await Client().GetRoleAsync(user, name) is var role && role > LeastRemembered(opening)
                    ? (role, RememberYes)
                    : (role, RememberNo),
            cancellationToken);
    }

    /// <returns>Null if it cannot be an API key.</returns>
    private static byte[]? HashOf(string apiKey)
    {
        var key = apiKey.Trim();
        return key.Length is > 0 and <= MaxKeyLength && key.All(character => character is > ' ' and <= '~')
            ? SHA256.HashData(Encoding.UTF8.GetBytes(key))
            : null;
    }

    private User? FindConfigured(byte[] hash)
    {
        if (_configured.Source != options.Users)
            _configured = new ConfiguredUsers(options.Users);
        foreach (var (keyHash, user) in _configured.Users)
        {
            if (CryptographicOperations.FixedTimeEquals(keyHash, hash))
                return user;
        }

        return null;
    }

    // Members of a namespace have no access to its deployments.
    private static NamespaceRole LeastRemembered(DeploymentId? opening) =>
        opening is null ? NamespaceRole.None : NamespaceRole.Member;

    private AuthServiceClient Client() => new(clients, options.Auth!);

    public void Dispose()
    {
        _users.Dispose();
        _roles.Dispose();
    }

    private sealed class ConfiguredUsers(IReadOnlyList<ConfiguredUser> source)
    {
        public IReadOnlyList<ConfiguredUser> Source => source;

        public IReadOnlyList<(byte[] KeyHash, User User)> Users { get; } =
        [
            .. source.Select(user => (
                Convert.FromHexString(user.KeySha256),
                new User(new Owner("config", user.Uid), user.IsAdmin, user.Namespaces))),
        ];
    }
}
