using Goterra.Core.Deployments;

namespace Goterra.Core.Access;

/// <summary>
/// Whoever stands behind a request to one deployment, after the credential was held against the deployment in the route.
/// What only the store knows (does the deployment live, are the epochs still these) is checked with each access.
/// </summary>
/// <param name="Expires">When the credential ends, and every wait that it opened.</param>
public sealed record Caller(DeploymentId Deployment, string Uid, EpochProof Epoch, Scope Scope, DateTimeOffset Expires)
{
    /// <summary>The caller came with an API key, which makes tokens however old the deployment is; otherwise with a token.</summary>
    public bool HasApiKey { get; init; }

    /// <summary>Nothing that is derived from this credential lives longer; null where the deployment's age decides.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Names a narrowed credential through its renewals: its waits are those that it may see. Null for a full one, which sees all.</summary>
    public string? Line { get; init; }

    /// <summary>Names the credential through its renewals: the user, and the line of a narrowed one.</summary>
    public string Credential => $"{Uid}\n{Line}";

    public static Caller From(TokenGrant grant) =>
        new(grant.Deployment, grant.Uid, grant.Epoch, grant.Scope, grant.Expires) { Until = grant.Until, Line = grant.Line };

    public bool MayRead(ValueKey key) => Scope.Reads(key);

    public bool MayWrite(ValueKey key) => Scope.Writes(key);

    public bool MayRead(KeyPrefix prefix) => Scope.Reads(prefix);

    /// <summary>Whether this key, as it was read from the store, may be shown.</summary>
    public bool MayRead(string key) => Scope.IsFull || (ValueKey.TryParse(key, out var parsed, out _) && Scope.Reads(parsed));

    /// <summary>Keeps the epoch out of anything that prints records.</summary>
    public override string ToString() => $"Caller {Uid} of {Deployment}";
}
