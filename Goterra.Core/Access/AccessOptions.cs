namespace Goterra.Core.Access;

/// <summary>Who may create deployments, and how long tokens live.</summary>
public sealed record AccessOptions
{
    /// <summary>Deployments can be created without an API key. Off by default.</summary>
    public bool Anonymous { get; init; }

    /// <summary>The lifetime of a token. 1 h to 8,760 h, 24 h by default.</summary>
    public TimeSpan TokenLifetime { get; init; } = TimeSpan.FromHours(24);

    /// <summary>
    /// How long after the creation of a deployment its tokens can be renewed; later, only with an API key. 30 days by
    /// default.
    /// </summary>
    public TimeSpan RenewableFor { get; init; } = TimeSpan.FromDays(30);

    /// <summary>The lifetime of a deployment if its creator sets none; null: until it is deleted.</summary>
    public TimeSpan? DefaultRetention { get; init; }

    /// <summary>The maximum lifetime of a deployment; null for no maximum.</summary>
    public TimeSpan? MaxRetention { get; init; }
}
