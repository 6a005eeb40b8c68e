namespace Goterra.Core.Access;

/// <summary>A user as the directory knows it.</summary>
/// <param name="Identity">Source and uid. The same uid in two sources is two users.</param>
/// <param name="IsAdmin">May do everything in every deployment.</param>
/// <param name="Namespaces">The namespaces that came with the user; null where another service knows them and has to be asked for each.</param>
public sealed record User(Owner Identity, bool IsAdmin = false, IReadOnlyDictionary<NamespaceName, NamespaceRole>? Namespaces = null)
{
    /// <summary>What the auth service gave to act for this user with the platform's other services; null for users of the configuration.</summary>
    public string? PlatformToken { get; init; }

    /// <summary>Keeps the token out of anything that prints records.</summary>
    public override string ToString() => $"User {Identity.Source} {Identity.Uid}";
}

/// <summary>What a user is in a namespace.</summary>
public enum NamespaceRole
{
    /// <summary>Nothing. Whatever is missing, unknown or malformed is this.</summary>
    None,

    /// <summary>May create deployments in it.</summary>
    Member,

    /// <summary>May also do everything in all of its deployments.</summary>
    Owner,
}
