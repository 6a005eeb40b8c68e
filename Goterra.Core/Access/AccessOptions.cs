namespace Goterra.Core.Access;

/// <summary>Who may create deployments, and how long their tokens live.</summary>
public sealed record AccessOptions
{
    /// <summary>Everybody may create deployments, without an API key. Off by default.</summary>
    public bool Anonymous { get; init; }

    /// <summary>The lifetime of a token. 1 h to 8,760 h, 24 h by default.</summary>
    public TimeSpan TokenLifetime { get; init; } = TimeSpan.FromHours(24);
}
