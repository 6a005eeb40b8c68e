using Goterra.Core.Model;

namespace Goterra.Core.Access;

/// <summary>
/// The caller of a request to one deployment, once the credential was checked against the deployment in the route.
/// Whether the deployment still exists and the epochs are current is known only to the store, and is checked with each
/// access.
/// </summary>
/// <param name="Expires">When the credential expires, and every wait that it opened ends.</param>
public sealed record Caller(DeploymentId Deployment, string Uid, EpochProof Epoch, Scope Scope, DateTimeOffset Expires)
{
    /// <summary>The caller has an API key, which can issue tokens for a deployment of any age.</summary>
    public bool HasApiKey { get; init; }

    /// <summary>
    /// The latest expiry of anything derived from this credential; null if the age of the deployment decides.
    /// </summary>
    public DateTimeOffset? NotAfter { get; init; }

    /// <summary>
    /// Identifies a narrowed or observing credential across renewals: a narrowed one sees its own waits only. Null for
    /// a full one.
    /// </summary>
    public string? TokenFamily { get; init; }

    /// <summary>The name of the ticket that the credential derives from; null if there is none.</summary>
    public string? TicketName { get; init; }

    /// <summary>
    /// Identifies the credential across renewals: the user and, for a narrowed one, its token family.
    /// </summary>
    public string Credential => $"{Uid}\n{TokenFamily}";

    /// <summary>
    /// The tag as the caller may see it: a revision reveals how many writes there were. The only place that decides
    /// this.
    /// </summary>
    public EntityTag Show(EntityTag tag) => Scope.SeesAll ? tag : tag with { Revision = 0 };

    /// <summary>The caller as the writer of a key.</summary>
    /// <param name="client">Address and name of the client.</param>
    public Writer AsWriter(string client) => new(TicketName ?? Uid, client);

    public bool MayRead(ValueKey key) => Scope.Reads(key);

    public bool MayWrite(ValueKey key) => Scope.Writes(key);

    public bool MayRead(KeyPrefix prefix) => Scope.Reads(prefix);

    /// <summary>Whether every key with this prefix may be shown, without its value.</summary>
    public bool MaySee(KeyPrefix prefix) => Scope.Sees(prefix);

    /// <summary>Whether a key that was read from the store may be shown, without its value.</summary>
    public bool MaySee(string key) =>
        Scope.SeesAll || (ValueKey.TryParse(key, out var parsed, out _) && Scope.Sees(parsed));
}
