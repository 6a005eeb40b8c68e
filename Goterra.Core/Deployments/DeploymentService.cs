using Goterra.Core.Access;
using Goterra.Core.Waiting;

namespace Goterra.Core.Deployments;

/// <summary>Shows what is in a deployment, and ends it.</summary>
public sealed class DeploymentService(
    IDeploymentRepository repository, IAccessRepository access, Waits waits, WaitingReport reports, Limits limits)
{
    /// <summary>Lists the keys that begin with a prefix, with or without their values.</summary>
    public async Task<ListOutcome> ListAsync(Caller caller, KeyPrefix prefix, bool withValues, CancellationToken cancellationToken)
    {
        // A plain list is narrowed to what may be read; a prefix was asked for by name.
        if (prefix != KeyPrefix.All && !caller.MayRead(prefix))
            return new ListOutcome(new Outcome(OutcomeKind.OutOfScope));

        var listing = await repository.ListAsync(caller.Deployment, prefix, cancellationToken);
        if (Verdict.Against(caller, listing?.Head) is { } against)
            return new ListOutcome(against.Outcome);

        listing = listing!.For(caller);
        var report = await reports.OfAsync(caller, listing, cancellationToken);
        var (outcome, contents) = await LoadAsync(caller.Deployment, listing, report, withValues, cancellationToken);
        return contents is not null && caller.Scope.IsFull
            ? new ListOutcome(outcome, contents with { Security = await access.SecurityEventsAsync(caller.Deployment, cancellationToken) })
            : new ListOutcome(outcome, contents);
    }

    /// <summary>The barrier: the same listing, when at least so many keys begin with the prefix. Nothing is left to explain then: it has no waits and hints.</summary>
    public async Task<ListOutcome> GatherAsync(
        Caller caller, KeyPrefix prefix, int count, bool withValues, WaitOptions wait, CancellationToken cancellationToken)
    {
        if (!caller.MayRead(prefix) || (wait.FailOn is { } failOn && !caller.MayRead(failOn)))
            return new ListOutcome(new Outcome(OutcomeKind.OutOfScope));

        ListOutcome? met = null;
        var outcome = await waits.ReadAsync(
            caller,
            Interest.In(caller.Deployment, prefix),
            count,
            wait,
            async token => new Gathering(
                await repository.CountAsync(caller.Deployment, prefix, token), values => GatheredAsync(caller.Deployment, prefix, values)),
            async gathering =>
            {
                if (Verdict.Against(caller, gathering.Head) is { } against)
                    return against;

                var have = gathering.Count;
                if (have >= count)
                {
                    met = await gathering.TryGetAsync(withValues);
                    have = met?.Contents?.Keys.Count ?? 0;
                }

                return have >= count || met is { Contents: null }
                    ? new Verdict(met!.Outcome, gathering.Head, Met: true)
                    : new Verdict(new Outcome(OutcomeKind.TooFew, Progress: new Progress(have, count)), gathering.Head, Met: false);
            },
            cancellationToken);

        return outcome.Kind == OutcomeKind.Done && met is not null ? met : new ListOutcome(outcome);
    }

    /// <summary>Declares the deployment failed: every wait whose condition is not met ends with the reason, and every later one.</summary>
    public async Task<Outcome> FailAsync(Caller caller, string reason, CancellationToken cancellationToken) =>
        !caller.Scope.Fails ? new Outcome(OutcomeKind.OutOfScope) : From(await repository.FailAsync(caller.Deployment, caller.Epoch, reason, cancellationToken));

    /// <summary>Takes a failure back.</summary>
    public async Task<Outcome> ResumeAsync(Caller caller, CancellationToken cancellationToken) =>
        !caller.Scope.IsFull ? new Outcome(OutcomeKind.OutOfScope) : From(await repository.ResumeAsync(caller.Deployment, caller.Epoch, cancellationToken));

    /// <summary>Ends the deployment. Everything in it is gone, and every wait on it ends.</summary>
    public async Task<Outcome> DeleteAsync(Caller caller, CancellationToken cancellationToken) =>
        !caller.Scope.IsFull ? new Outcome(OutcomeKind.OutOfScope) : From(await repository.DeleteAsync(caller.Deployment, caller.Epoch, cancellationToken));

    /// <summary>Tells whether the deployment lives and the caller's credential still counts.</summary>
    public async Task<Outcome> CheckAsync(Caller caller, CancellationToken cancellationToken) =>
        Verdict.Against(caller, await repository.FindAsync(caller.Deployment, cancellationToken))?.Outcome ?? Outcome.Done;

    private async Task<ListOutcome> GatheredAsync(DeploymentId id, KeyPrefix prefix, bool withValues) =>
        await repository.ListAsync(id, prefix, CancellationToken.None) is { } listing
            ? await LoadAsync(id, listing, WaitingReport.Nothing, withValues, CancellationToken.None)
            : new ListOutcome(new Outcome(OutcomeKind.Gone));

    private async Task<ListOutcome> LoadAsync(
        DeploymentId id, DeploymentListing listing, (IReadOnlyList<Waiting.Waiting> Waiting, IReadOnlyList<string> Hints) report, bool withValues, CancellationToken cancellationToken)
    {
        var (waiting, hints) = report;
        if (!withValues)
            return new ListOutcome(Outcome.Done, new DeploymentContents(listing.Deployment, listing.Keys, null, waiting, hints));
        if (listing.Keys.Sum(key => key.Size) > limits.ListingBytes)
            return new ListOutcome(new Outcome(OutcomeKind.OverLimit, Limit: new LimitHit("listing_bytes", limits.ListingBytes)));

        var values = await repository.LoadAsync(id, listing.Keys, cancellationToken);
        return values is null
            ? new ListOutcome(new Outcome(OutcomeKind.Gone))
            : new ListOutcome(Outcome.Done, DeploymentContents.Of(listing, values, waiting, hints));
    }

    private static Outcome From(WriteStatus status) => status switch
    {
        WriteStatus.Done => Outcome.Done,
        WriteStatus.Revoked => new Outcome(OutcomeKind.Revoked),
        _ => new Outcome(OutcomeKind.Gone),
    };

    /// <summary>What a barrier reads: the count, and the contents once for all who find the count high enough.</summary>
    private sealed class Gathering(KeyCount count, Func<bool, Task<ListOutcome>> load)
    {
        private readonly Lazy<Task<ListOutcome>> _withValues = new(() => load(true));
        private readonly Lazy<Task<ListOutcome>> _keysOnly = new(() => load(false));

        public DeploymentHead? Head => count.Head;

        public long Count => count.Count;

        /// <returns>Null while the store can't be reached: the wait goes on.</returns>
        public async Task<ListOutcome?> TryGetAsync(bool withValues)
        {
            try
            {
                return await (withValues ? _withValues : _keysOnly).Value;
            }
            catch (StoreUnavailableException)
            {
                return null;
            }
        }
    }
}

/// <summary>The contents are there when the outcome is <see cref="OutcomeKind.Done"/>.</summary>
public sealed record ListOutcome(Outcome Outcome, DeploymentContents? Contents = null);

/// <param name="Values">By key; null where they were not asked for.</param>
/// <param name="Waiting">Who waits for what, on all instances; the oldest first.</param>
/// <param name="Hints">What looks wrong, in words.</param>
public sealed record DeploymentContents(
    Deployment Deployment,
    IReadOnlyList<KeyInfo> Keys,
    IReadOnlyDictionary<string, StoredValue>? Values,
    IReadOnlyList<Waiting.Waiting> Waiting,
    IReadOnlyList<string> Hints)
{
    /// <summary>What concerned credentials, the latest first; for full credentials.</summary>
    public IReadOnlyList<DeploymentEvent> Security { get; init; } = [];

    /// <summary>Puts keys and values together as they were when the values were loaded: what was removed in between is in neither.</summary>
    public static DeploymentContents Of(
        DeploymentListing listing, IReadOnlyDictionary<string, StoredValue> values, IReadOnlyList<Waiting.Waiting> waiting, IReadOnlyList<string> hints)
    {
        var keys = new List<KeyInfo>(values.Count);
        foreach (var key in listing.Keys)
        {
            if (values.TryGetValue(key.Key, out var value))
                keys.Add(key with { Size = value.Bytes.Length, Tag = value.Tag });
        }

        return new DeploymentContents(listing.Deployment, keys, values, waiting, hints);
    }
}
