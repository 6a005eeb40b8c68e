using System.Security.Cryptography;
using Goterra.Core.Access;

namespace Goterra.Core.Deployments;

/// <summary>Shows what is in a deployment, and ends it.</summary>
public sealed class DeploymentService(IDeploymentRepository repository, Limits limits)
{
    /// <summary>Lists the keys that begin with a prefix, with or without their values.</summary>
    public async Task<ListOutcome> ListAsync(Caller caller, KeyPrefix prefix, bool withValues, CancellationToken cancellationToken)
    {
        if (!caller.MayRead(prefix))
            return new ListOutcome(new Outcome(OutcomeKind.OutOfScope));

        var listing = await repository.ListAsync(caller.Deployment, prefix, cancellationToken);
        var standing = Judge(caller, listing?.Head);
        if (listing is null || standing.Kind != OutcomeKind.Done)
            return new ListOutcome(standing);
        if (!withValues)
            return new ListOutcome(standing, new DeploymentContents(listing.Deployment, listing.Keys, null));
        if (listing.Keys.Sum(key => key.Size) > limits.ListingBytes)
            return new ListOutcome(new Outcome(OutcomeKind.OverLimit, Limit: new LimitHit("listing_bytes", limits.ListingBytes)));

        var values = await repository.LoadAsync(caller.Deployment, listing.Keys, cancellationToken);
        return values is null
            ? new ListOutcome(new Outcome(OutcomeKind.Gone))
            : new ListOutcome(standing, DeploymentContents.Of(listing, values));
    }

    /// <summary>Ends the deployment. Everything in it is gone, and every wait on it ends.</summary>
    public async Task<Outcome> DeleteAsync(Caller caller, CancellationToken cancellationToken) =>
        await repository.DeleteAsync(caller.Deployment, caller.Epoch, cancellationToken) switch
        {
            WriteStatus.Done => Outcome.Done,
            WriteStatus.Revoked => new Outcome(OutcomeKind.Revoked),
            _ => new Outcome(OutcomeKind.Gone),
        };

    /// <summary>Tells whether the deployment lives and the caller's credential still counts.</summary>
    public async Task<Outcome> CheckAsync(Caller caller, CancellationToken cancellationToken) =>
        Judge(caller, await repository.FindAsync(caller.Deployment, cancellationToken));

    private static Outcome Judge(Caller caller, DeploymentHead? head) => head switch
    {
        null => new Outcome(OutcomeKind.Gone),
        _ when head.Epoch != caller.Epoch => new Outcome(OutcomeKind.Revoked),
        _ => Outcome.Done,
    };
}

/// <summary>The contents are there when the outcome is <see cref="OutcomeKind.Done"/>.</summary>
public sealed record ListOutcome(Outcome Outcome, DeploymentContents? Contents = null);

/// <param name="Values">By key; null where they were not asked for.</param>
public sealed record DeploymentContents(Deployment Deployment, IReadOnlyList<KeyInfo> Keys, IReadOnlyDictionary<string, StoredValue>? Values)
{
    /// <summary>Puts keys and values together as they were when the values were loaded: what was removed in between is in neither.</summary>
    public static DeploymentContents Of(DeploymentListing listing, IReadOnlyDictionary<string, StoredValue> values)
    {
        var keys = new List<KeyInfo>(values.Count);
        foreach (var key in listing.Keys)
        {
            if (values.TryGetValue(key.Key, out var value))
                keys.Add(key with { Size = value.Bytes.Length, Tag = value.Tag });
        }

        return new DeploymentContents(listing.Deployment, keys, values);
    }
}
