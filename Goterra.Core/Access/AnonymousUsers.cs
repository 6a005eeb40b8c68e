namespace Goterra.Core.Access;

/// <summary>The directory of an installation that lets everybody create deployments, or nobody.</summary>
/// <remarks>Anonymous access as the sole source ignores API keys: the original's Terraform provider always sends one, if only an empty one.</remarks>
public sealed class AnonymousUsers(AccessOptions options) : IUserDirectory
{
    private static readonly User Nobody = new(Owner.Anonymous);

    public Task<User?> WhoIsAsync(string? apiKey, CancellationToken cancellationToken) =>
        Task.FromResult(options.Anonymous ? Nobody : null);

    public Task<NamespaceRole> RoleAsync(User user, NamespaceName name, CancellationToken cancellationToken) => Task.FromResult(NamespaceRole.None);
}
