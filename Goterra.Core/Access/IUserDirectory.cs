namespace Goterra.Core.Access;

/// <summary>Answers who the user of an API key is.</summary>
public interface IUserDirectory
{
    /// <summary>Looks an API key up.</summary>
    /// <param name="apiKey">As the caller sent it; null or empty where it sent none.</param>
    /// <returns>Null where the key is nobody's.</returns>
    Task<User?> WhoIsAsync(string? apiKey, CancellationToken cancellationToken);
}

/// <summary>A user as the directory knows it.</summary>
public sealed record User(Owner Identity);

/// <summary>The directory of an installation that lets everybody create deployments, or nobody.</summary>
/// <remarks>Anonymous access as the sole source ignores API keys: the original's Terraform provider always sends one, if only an empty one.</remarks>
public sealed class AnonymousUsers(AccessOptions options) : IUserDirectory
{
    private static readonly User Nobody = new(Owner.Anonymous);

    public Task<User?> WhoIsAsync(string? apiKey, CancellationToken cancellationToken) =>
        Task.FromResult(options.Anonymous ? Nobody : null);
}
