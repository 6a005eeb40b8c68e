using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Tokens;
using Goterra.Core.Waiting;

namespace Goterra.Core.Services;

/// <summary>Lists the keys of a deployment, declares it failed, and deletes it.</summary>
public sealed class DeploymentService(
    IDeploymentRepository repository, IAccessRepository access, WaitLoop waits, WaitReporter reporter, Limits limits)
{
    private readonly SharedReads<(DeploymentId Id, KeyPrefix Prefix), DeploymentListing?> _listings = new();

    /// <summary>Lists the keys with a prefix, with or without their values.</summary>
    /// <param name="caller">The caller.</param>
    /// <param name="prefix">The prefix of the keys.</param>
    /// <param name="withValues">Whether to load the values.</param>
    /// <param name="details">What else to load; each entry has to be decrypted.</param>
    /// <param name="cancellationToken">Canceled if the client disconnects.</param>
    public async Task<ListOutcome> ListAsync(
        Caller caller, KeyPrefix prefix, bool withValues, ListingDetails details, CancellationToken cancellationToken)
    {
        // A plain list is restricted to what the caller may see; a prefix was asked for explicitly.
        if (prefix != KeyPrefix.All && !MayList(caller, prefix, withValues))
            return new ListOutcome(new Outcome(OutcomeKind.OutOfScope));

        var listing = await _listings.ReadAsync(
            (caller.Deployment, prefix), (range, token) => repository.ListAsync(range.Id, range.Prefix, token),
            cancellationToken);
        if (listing is null)
            return new ListOutcome(new Outcome(OutcomeKind.Gone));
        if (DeploymentHead.Deny(listing.Head, caller) is { } denied)
            return new ListOutcome(denied);

        listing = listing.For(caller);
        var report = await reporter.ReportAsync(caller, listing, cancellationToken);
        var listed = await LoadAsync(listing, withValues && caller.Scope != Scope.Observe, cancellationToken);
        if (listed.Contents?.For(caller) is not { } contents)
            return listed;
        var security = details.HasFlag(ListingDetails.Security)
            ? await ListSecurityAsync(caller, cancellationToken)
            : null;
        var ended = details.HasFlag(ListingDetails.EndedWaits)
            ? await reporter.ListEndedAsync(caller, report, cancellationToken)
            : null;
        return listed with { Contents = contents with { Report = report, Security = security, EndedWaits = ended } };
    }

    /// <summary>The barrier: the same listing once enough keys have the prefix, without waits and hints.</summary>
    public async Task<ListOutcome> GatherAsync(
        Caller caller, KeyBarrier barrier, bool withValues, WaitOptions wait, CancellationToken cancellationToken)
    {
        if (!MayList(caller, barrier.Prefix, withValues) || (wait.FailOn is { } failOn && !caller.MayRead(failOn)))
            return new ListOutcome(new Outcome(OutcomeKind.OutOfScope));

        var condition = new BarrierCondition(this, repository, caller, barrier, withValues);
        var outcome = await waits.RunAsync(condition, caller, wait, cancellationToken);
        if (outcome is { Kind: OutcomeKind.TooFew, Progress.Have: 0 } && wait.Time > TimeSpan.Zero)
        {
            var keys = await repository.ListReadableAsync(caller, cancellationToken);
            outcome = outcome with { Nearest = Hints.NearestPrefix(barrier.Prefix.Text, keys) };
        }

        return outcome.Kind == OutcomeKind.Done && condition.Listed is { } listed
            ? listed with { Contents = listed.Contents?.For(caller) }
            : new ListOutcome(outcome);
    }

    /// <summary>
    /// Declares the deployment failed: all current and later waits whose condition is not met end with the reason.
    /// </summary>
    /// <param name="source">Who reports it; null for none.</param>
    public async Task<Outcome> FailAsync(
        Caller caller, FailureSource? source, string reason, CancellationToken cancellationToken)
    {
        if (!caller.Scope.Fails)
            return new Outcome(OutcomeKind.OutOfScope);

        var report = new FailureReport(source, reason, caller.TokenFamily);
        var kind = await repository.FailAsync(caller.Deployment, caller.Epoch, report, cancellationToken);
        return kind == OutcomeKind.OverLimit
            ? new Outcome(kind) { Limit = new LimitHit("failures", DeploymentFailure.MaxOpen) }
            : new Outcome(kind);
    }

    /// <summary>
    /// Takes failures back: all of them, for which full credentials are required, or that of one source.
    /// </summary>
    public async Task<Outcome> ResumeAsync(
        Caller caller, FailureSource? source, CancellationToken cancellationToken) =>
        new(caller.Scope.IsFull || (source is not null && caller.Scope.Fails)
            ? await repository.ResumeAsync(
                caller.Deployment, caller.Epoch, new Resumption(source, caller.TokenFamily), cancellationToken)
            : OutcomeKind.NotReporter);

    /// <summary>Deletes the deployment with all its data, and ends every wait in it.</summary>
    public async Task<Outcome> DeleteAsync(Caller caller, CancellationToken cancellationToken) =>
        new(caller.Scope.IsFull
            ? await repository.DeleteAsync(caller.Deployment, caller.Epoch, cancellationToken)
            : OutcomeKind.OutOfScope);

    /// <summary>Checks that the deployment exists and the caller's credential is not revoked.</summary>
    public async Task<Outcome> CheckAsync(Caller caller, CancellationToken cancellationToken) =>
        DeploymentHead.Deny(await repository.FindAsync(caller.Deployment, cancellationToken), caller) ?? Outcome.Done;

    private static bool MayList(Caller caller, KeyPrefix prefix, bool withValues) =>
        withValues ? caller.MayRead(prefix) : caller.MaySee(prefix);

    /// <summary>Whether this instance can serve requests.</summary>
    /// <returns>Whether the store accepts writes.</returns>
    /// <exception cref="StoreUnavailableException">The store serves no reads either.</exception>
    public Task<StoreHealth> CheckHealthAsync(CancellationToken cancellationToken) =>
        repository.CheckHealthAsync(cancellationToken);

    private async Task<IReadOnlyList<DeploymentEvent>> ListSecurityAsync(
        Caller caller, CancellationToken cancellationToken) =>
        caller.Scope.IsFull ? await access.ListSecurityEventsAsync(caller.Deployment, cancellationToken) : [];

    private async Task<ListOutcome> LoadAsync(
        DeploymentListing listing, bool withValues, CancellationToken cancellationToken)
    {
        if (!withValues)
            return new ListOutcome(Outcome.Done, new DeploymentContents(listing.Deployment, listing.Keys, null));
        if (listing.Keys.Sum(key => key.Size) > limits.ListingBytes)
            return new ListOutcome(
                new Outcome(OutcomeKind.OverLimit) { Limit = new LimitHit("listing_bytes", limits.ListingBytes) });

        return await ListedValues.LoadAsync(repository, listing, cancellationToken) is { } values
            ? new ListOutcome(Outcome.Done, new DeploymentContents(listing.Deployment, listing.Keys, values))
            : new ListOutcome(new Outcome(OutcomeKind.Gone));
    }

    /// <summary>
    /// Met when enough keys have the prefix. The index counts; the values are loaded once, for all who wait.
    /// </summary>
    private sealed class BarrierCondition(
        DeploymentService service, IDeploymentRepository repository, Caller caller, KeyBarrier barrier, bool withValues)
        : IWaitCondition<BarrierReading>
    {
        public ListOutcome? Listed { get; private set; }

        public Interest Interest => Interest.In(caller.Deployment, barrier.Prefix);

        public int? Count => barrier.Count;

        public string ReadName => "count";

        public async Task<BarrierReading> ReadAsync(CancellationToken cancellationToken) => new(
            await repository.CountAsync(caller.Deployment, barrier.Prefix, cancellationToken), LoadAsync);

        public async ValueTask<WaitDecision> JudgeAsync(BarrierReading reading)
        {
            if (DeploymentHead.Deny(reading.Head, caller) is { } denied)
                return new WaitDecision(denied, reading.Head, IsMet: true);

            var have = reading.Count;
            if (have >= barrier.Count)
            {
                Listed = await reading.TryGetAsync(withValues);
                have = Listed?.Contents?.Count ?? 0;
            }

            return have >= barrier.Count || Listed is { Contents: null }
                ? new WaitDecision(Listed!.Outcome, reading.Head, IsMet: true)
                : new WaitDecision(
                    new Outcome(OutcomeKind.TooFew) { Progress = new Progress(have, barrier.Count) }, reading.Head,
                    IsMet: false);
        }

        private async Task<ListOutcome> LoadAsync(bool values) =>
            await repository.ListAsync(caller.Deployment, barrier.Prefix, CancellationToken.None) is { } listing
                ? await service.LoadAsync(listing, values, CancellationToken.None)
                : new ListOutcome(new Outcome(OutcomeKind.Gone));
    }

    /// <summary>The count, and the contents once for all who find the count high enough.</summary>
    private sealed class BarrierReading(KeyCount count, Func<bool, Task<ListOutcome>> load)
    {
        private readonly Lazy<Task<ListOutcome>> _withValues = new(() => load(true));
        private readonly Lazy<Task<ListOutcome>> _keysOnly = new(() => load(false));

        public DeploymentHead? Head => count.Head;

        public long Count => count.Count;

        /// <returns>Null while the store cannot be reached: the wait goes on.</returns>
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

/// <summary>What a listing contains besides keys and values.</summary>
[Flags]
public enum ListingDetails
{
    None = 0,
    Security = 1,
    EndedWaits = 2,
}

/// <summary>At least <paramref name="Count"/> keys must have the prefix.</summary>
public sealed record KeyBarrier(KeyPrefix Prefix, int Count);
