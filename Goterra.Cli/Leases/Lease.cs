using System.Globalization;
using Goterra.Cli.Arguments;
using Goterra.Cli.Connection;

namespace Goterra.Cli.Leases;

/// <summary>
/// A key that is ours while we renew it. We count from the moment at which the last renewal that succeeded was sent: the
/// server counts from later on, so that by our clock a lease is never longer than by its.
/// </summary>
internal sealed class Lease
{
    /// <summary>Whoever has been told to end does not wait for long.</summary>
    private static readonly TimeSpan UndoPatience = TimeSpan.FromSeconds(3);

    private readonly Session _session;
    private readonly LeaseTerms _terms;
    private readonly TimeProvider _time;
    private long _since;
    private string _etag;

    private Lease(Session session, LeaseTerms terms, TimeProvider time, long since, string etag) =>
        (_session, _terms, _time, _since, _etag) = (session, terms, time, since, etag);

    /// <summary>Holds writes against this lease: the key percent-encoded, a blank, the ETag.</summary>
    public Fence Fence => Fence.Parse($"{_terms.Key.Path} {_etag}");

    /// <summary>How long nobody else can have it.</summary>
    public TimeSpan Remaining => NotNegative(_terms.Life - _time.GetElapsedTime(_since));

    private TimeSpan UntilGivenUp => NotNegative(_terms.GivenUpAfter - _time.GetElapsedTime(_since));

    private string Doing => $"renew {_terms.Key}";

    /// <summary>Takes it, or comes back with null where somebody else has it.</summary>
    /// <exception cref="CliException">The server could not be reached in time, or refuses.</exception>
    public static async Task<Lease?> TakeAsync(
        Session session, PatientClient patient, LeaseTerms terms, TimeProvider time, CancellationToken cancellationToken)
    {
        var doing = $"take {terms.Key}";
        var since = time.GetTimestamp();
        // The same for all attempts: whoever took it and lost the answer learns from the second one that it did.
        var request = Put(session, terms, [("If-None-Match", "*"), ("Idempotency-Key", RandomId.New())]);
        Reply reply;
        try
        {
            (reply, _) = await patient.SendAsync(doing, request, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // It may be ours all the same: the repetition tells.
            await UndoAsync(session, terms, time, doing, request);
            throw;
        }

        if (Verdict.Of(reply.Status) == ExitCode.LostRace)
            return null;
        if (!reply.IsSuccess)
            throw session.Failure(doing, reply);

        var lease = new Lease(session, terms, time, since, reply.ETag ?? throw Verdict.NotOurs(doing));
        if (time.GetElapsedTime(since) < terms.RenewAfter && !IsOver(reply))
            return lease;
        // An old answer, or the repetition of one: whether the lease is ours still, only a renewal can tell.
        lease._since = time.GetTimestamp();
        return await lease.RenewAsync(cancellationToken) is null ? lease : null;
    }

    /// <summary>Renews it until it is lost, and tells why it is; or until <paramref name="cancellationToken"/> ends it: null.</summary>
    public async Task<CliException?> KeepAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await Task.Delay(NotNegative(_terms.RenewAfter - _time.GetElapsedTime(_since)), _time, cancellationToken);
                if (await RenewAsync(cancellationToken) is { } loss)
                    return loss;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Puts an ordinary value in its place, if it is ours still; this lease is over then.</summary>
    public async Task<Reply> SettleAsync(byte[] value, CancellationToken cancellationToken)
    {
        var request = new StoreRequest(HttpMethod.Put, _session.Address.Value(_session.Deployment, _terms.Key))
        {
            Body = value,
            // Whoever stored it and lost the answer learns from the second one that it did.
            Headers = [("If-Match", _etag), ("Idempotency-Key", RandomId.New())],
        };
        return (await _session.Within(TimeSpan.FromDays(365)).SendAsync($"put {_terms.Key}", request, cancellationToken)).Reply;
    }

    /// <summary>Gives it back, so that nobody has to wait for its end. Somebody else's is not touched.</summary>
    public async Task ReleaseAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        var request = new StoreRequest(HttpMethod.Delete, _session.Address.Value(_session.Deployment, _terms.Key)) { Headers = [("If-Match", _etag)] };
        using var limit = new CancellationTokenSource(patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await _session.Within(patience).SendAsync($"give back {_terms.Key}", request, either.Token);
        }
        catch (Exception problem) when (problem is CliException || (problem is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // It ends by itself.
        }
    }

    private static async Task UndoAsync(Session session, LeaseTerms terms, TimeProvider time, string doing, StoreRequest request)
    {
        using var limit = new CancellationTokenSource(UndoPatience, time);
        try
        {
            var (reply, _) = await session.Within(UndoPatience).SendAsync(doing, request, limit.Token);
            if (reply is { IsSuccess: true, ETag: { } etag })
                await new Lease(session, terms, time, time.GetTimestamp(), etag).ReleaseAsync(UndoPatience, CancellationToken.None);
        }
        catch (Exception problem) when (problem is CliException or OperationCanceledException)
        {
            // It ends by itself.
        }
    }

    /// <summary>By the server's own clock.</summary>
    private static bool IsOver(Reply reply) => WireAnswer.Read(reply.Body, WireJson.Default.LeaseTaken)?.Expires <= reply.Date;

    private async Task<CliException?> RenewAsync(CancellationToken cancellationToken)
    {
        var left = UntilGivenUp;
        var tooLate = new CliException(ExitCode.Unreachable, $"{Doing}: not renewed in time");
        if (left == TimeSpan.Zero)
            return tooLate;

        var sent = _time.GetTimestamp();
        using var limit = new CancellationTokenSource(left, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var (reply, _) = await _session.Within(left).SendAsync(Doing, Put(_session, _terms, [("If-Match", _etag)]), either.Token);
            if (!reply.IsSuccess)
                return _session.Failure(Doing, reply);
            (_since, _etag) = (sent, reply.ETag ?? _etag);
            return null;
        }
        catch (CliException problem)
        {
            return problem;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return tooLate;
        }
    }

    private static StoreRequest Put(Session session, LeaseTerms terms, IReadOnlyList<(string, string)> headers) =>
        new(HttpMethod.Put, session.Address.Value(session.Deployment, terms.Key, string.Create(CultureInfo.InvariantCulture, $"ttl={(long)terms.Life.TotalSeconds}s")))
        {
            Body = terms.Value,
            Headers = headers,
        };

    private static TimeSpan NotNegative(TimeSpan span) => span > TimeSpan.Zero ? span : TimeSpan.Zero;
}
