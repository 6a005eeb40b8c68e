namespace Goterra.Core.Access;

/// <summary>Who may create deployments, and how long their tokens live.</summary>
public sealed record AccessOptions
{
    /// <summary>Everybody may create deployments, without an API key. Off by default.</summary>
    public bool Anonymous { get; init; }

    /// <summary>Somebody knows users by their API keys: a key that nobody knows is refused, and not ignored for the sake of anonymous.</summary>
    public bool KnowsKeys { get; init; }

    /// <summary>The lifetime of a token. 1 h to 8,760 h, 24 h by default.</summary>
    public TimeSpan TokenLifetime { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How long after a deployment was made its tokens can be renewed; later on only an API key makes a new one. 30 days by default.</summary>
    public TimeSpan RenewableFor { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How long a deployment lives whose creator does not say; null: until it is deleted.</summary>
    public TimeSpan? DefaultRetention { get; init; }

    /// <summary>How long a deployment lives at the most; null: as long as its creator says.</summary>
    public TimeSpan? LongestRetention { get; init; }
}
