using System.Globalization;
using System.Net;
using Goterra.Cli.Http;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;
using Goterra.Cli.Sessions;

namespace Goterra.Cli.Leases;

/// <param name="Key">The key of the lease.</param>
/// <param name="Value">Its value. The same in all renewals, so that these don't wake waiting clients.</param>
/// <param name="Ttl">How long it exists without a renewal.</param>
internal sealed record LeaseTerms(ValueKey Key, byte[] Value, TimeSpan Ttl)
{
    public TimeSpan RenewAfter => Ttl / 3;

    /// <summary>Early enough to end a command before another client gets the lease.</summary>
    public TimeSpan AbandonAfter => Ttl * 2 / 3;

    public override string ToString() => $"{nameof(LeaseTerms)} {Key}";
}

/// <summary>
/// A key that this client holds while it renews it. Its age is counted from the moment at which the last successful
/// request was sent. The server counts from a later moment, so the client always considers the lease over first.
/// </summary>
internal sealed class Lease
{
    private static readonly TimeSpan UndoTimeout = TimeSpan.FromSeconds(3);

    private readonly Session _session;
    private readonly LeaseTerms _terms;
    private readonly TimeProvider _time;
    private long _since;
    private string _etag;

    private Lease(Session session, LeaseTerms terms, TimeProvider time, long since, string etag) =>
        (_session, _terms, _time, _since, _etag) = (session, terms, time, since, etag);

    /// <summary>Makes other writes conditional on this lease.</summary>
    public LeaseFence Fence => LeaseFence.Parse($"{StoreAddress.Escape(_terms.Key)} {_etag}");

    /// <summary>How long no other client can get it.</summary>
    public TimeSpan Remaining => NotNegative(_terms.Ttl - _time.GetElapsedTime(_since));

    private string Operation => $"renew {_terms.Key}";

    /// <summary>Returns null if another client holds the lease.</summary>
    /// <exception cref="CliException">The server refused, or could not be reached in time.</exception>
    public static async Task<Lease?> TryAcquireAsync(
        Session session,
        RetryingClient client,
        LeaseTerms terms,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var operation = $"take {terms.Key}";
        var since = time.GetTimestamp();
        // The same Idempotency-Key in all attempts: if a response is lost, the next one tells that the first succeeded.
        var request = PutRequest(session, terms, [("If-None-Match", "*"), ("Idempotency-Key", RandomId.New())]);
        StoreResponse response;
        try
        {
            (response, _) = await client.SendAsync(operation, request, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await UndoAsync(session, terms, time, request);
            throw;
        }

        if (response.Status == HttpStatusCode.PreconditionFailed)
            return null;
        if (!response.IsSuccess)
            throw session.Failure(operation, response);

        var lease = new Lease(session, terms, time, since, response.ETag ?? throw ExitCodes.NotGoterra(operation));
        if (time.GetElapsedTime(since) < terms.RenewAfter && !HasExpired(response))
            return lease;
        // A late response, or the repetition of an old one. Only a renewal can tell whether the lease is still held.
        lease._since = time.GetTimestamp();
        return await lease.RenewAsync(cancellationToken) is null ? lease : null;
    }

    /// <summary>Renews the lease until it is lost, and returns the reason; null after cancellation.</summary>
    public async Task<CliException?> RenewUntilLostAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await Task.Delay(
                    NotNegative(_terms.RenewAfter - _time.GetElapsedTime(_since)), _time, cancellationToken);
                if (await RenewAsync(cancellationToken) is { } loss)
                    return loss;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Replaces the lease by a permanent value, if it is still held.</summary>
    public async Task<StoreResponse> ReplaceByValueAsync(byte[] value, CancellationToken cancellationToken)
    {
        var request = new StoreRequest(HttpMethod.Put, _session.ValueUrl(_terms.Key))
        {
            Body = value,
            Headers = [("If-Match", _etag), ("Idempotency-Key", RandomId.New())],
            Content = ResponseContent.Written,
        };
        var client = _session.WithTimeout(TimeSpan.FromDays(365));
        return (await client.SendAsync($"put {_terms.Key}", request, cancellationToken)).Response;
    }

    /// <summary>Gives the lease back, so that others need not wait until it expires. Ignores errors.</summary>
    public async Task ReleaseAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        var request = new StoreRequest(HttpMethod.Delete, _session.ValueUrl(_terms.Key))
        {
            Headers = [("If-Match", _etag)],
            Content = ResponseContent.Deleted,
        };
        using var limit = new CancellationTokenSource(timeout, _time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await _session.ForRenewal(timeout).SendAsync($"release {_terms.Key}", request, linked.Token);
        }
        catch (Exception exception) when (exception is CliException
                                          || (exception is OperationCanceledException
                                              && !cancellationToken.IsCancellationRequested))
        {
            // It expires.
        }
    }

    /// <summary>Releases a lease that a cancelled request may have acquired. Repeating the request tells.</summary>
    private static async Task UndoAsync(Session session, LeaseTerms terms, TimeProvider time, StoreRequest request)
    {
        using var limit = new CancellationTokenSource(UndoTimeout, time);
        try
        {
            var client = session.WithTimeout(UndoTimeout);
            var (response, _) = await client.SendAsync($"take {terms.Key}", request, limit.Token);
            if (response is not { IsSuccess: true, ETag: { } etag })
                return;
            var lease = new Lease(session, terms, time, time.GetTimestamp(), etag);
            await lease.ReleaseAsync(UndoTimeout, CancellationToken.None);
        }
        catch (Exception exception) when (exception is CliException or OperationCanceledException)
        {
            // It expires.
        }
    }

    /// <summary>By the server's clock.</summary>
    private static bool HasExpired(StoreResponse response) =>
        ProtocolJson.TryRead(response.Body, ProtocolJson.Default.LeaseResponse)?.Expires <= response.Date;

    private async Task<CliException?> RenewAsync(CancellationToken cancellationToken)
    {
        var left = NotNegative(_terms.AbandonAfter - _time.GetElapsedTime(_since));
        var tooLate = new CliException(ExitCode.Unreachable, $"{Operation}: not renewed in time");
        if (left == TimeSpan.Zero)
            return tooLate;
        var sent = _time.GetTimestamp();
        using var limit = new CancellationTokenSource(left, _time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var request = PutRequest(_session, _terms, [("If-Match", _etag)]);
            var (response, _) = await _session.ForRenewal(left).SendAsync(Operation, request, linked.Token);
            if (!response.IsSuccess)
                return _session.Failure(Operation, response);
            (_since, _etag) = (sent, response.ETag ?? _etag);
            return null;
        }
        catch (CliException exception)
        {
            return exception;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return tooLate;
        }
    }

    private static StoreRequest PutRequest(Session session, LeaseTerms terms, IReadOnlyList<(string, string)> headers)
    {
        var query = string.Create(CultureInfo.InvariantCulture, $"ttl={(long)terms.Ttl.TotalSeconds}s");
        return new StoreRequest(HttpMethod.Put, session.ValueUrl(terms.Key, query))
        {
            Body = terms.Value,
            Headers = headers,
            Content = ResponseContent.Written,
        };
    }

    private static TimeSpan NotNegative(TimeSpan span) => span > TimeSpan.Zero ? span : TimeSpan.Zero;
}
