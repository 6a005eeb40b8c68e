using System.Globalization;
using System.Net;
using Goterra.Cli.Http;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;
using Goterra.Cli.Sessions;

namespace Goterra.Cli.Leases;

/// <summary>
/// A key that this client holds while it renews it. Its age is counted from the moment at which the last successful
/// request was sent. The server counts from a later moment, so the client always considers the lease over first.
/// </summary>
internal sealed class Lease
{
    private static readonly TimeSpan UndoTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan NoTimeout = TimeSpan.FromDays(365);

    private readonly Session _session;
    private readonly LeaseTerms _terms;
    private readonly TimeProvider _time;
    private long _since;
    private string _etag;

    private Lease(Session session, LeaseTerms terms, TimeProvider time, long since, string etag) =>
        (_session, _terms, _time, _since, _etag) = (session, terms, time, since, etag);

    /// <summary>Makes other writes conditional on this lease.</summary>
    public LeaseFence Fence => LeaseFence.Parse($"{StoreAddress.Escape(_terms.Key)} {_etag}");

    /// <summary>The server declares a failure if it lapses.</summary>
    public bool IsArmed { get; private set; }

    /// <summary>How long no other client can get it.</summary>
    public TimeSpan Remaining => NotNegative(_terms.Ttl - _time.GetElapsedTime(_since));

    private string Operation => $"renew {_terms.Key}";

    /// <summary>Returns null if another client holds the lease.</summary>
    /// <exception cref="CliException">The server refused, or could not be reached in time.</exception>
    public static Task<Lease?> TryAcquireAsync(
        Session session,
        RetryingClient client,
        LeaseTerms terms,
        TimeProvider time,
        CancellationToken cancellationToken) =>
        TryTakeAsync(session, client, terms, time, ("If-None-Match", "*"), cancellationToken);

    /// <summary>Takes the lease, also from another holder: one that died before its machine restarted.</summary>
    /// <exception cref="CliException">The server refused, or could not be reached in time.</exception>
    public static async Task<Lease> TakeOverAsync(
        Session session,
        RetryingClient client,
        LeaseTerms terms,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        while (true)
        {
            foreach (var condition in (string[])["If-None-Match", "If-Match"])
            {
                if (await TryTakeAsync(session, client, terms, time, (condition, "*"), cancellationToken) is { } lease)
                    return lease;
            }
        }
    }

    private static async Task<Lease?> TryTakeAsync(
        Session session,
        RetryingClient client,
        LeaseTerms terms,
        TimeProvider time,
        (string, string) condition,
        CancellationToken cancellationToken)
    {
        var operation = $"take {terms.Key}";
        var since = time.GetTimestamp();
        // The same Idempotency-Key in all attempts: if a response is lost, the next one tells that the first succeeded.
        var request = PutRequest(session, terms, [condition, ("Idempotency-Key", RandomId.New())]);
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

        var lease = new Lease(session, terms, time, since, response.ETag ?? throw ExitCodes.NotGoterra(operation))
        {
            IsArmed = ProtocolJson.TryRead(response.Body, ProtocolJson.Default.LeaseResponse)?.OnLapse == "fail",
        };
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
        var client = _session.WithTimeout(NoTimeout);
        return (await client.SendAsync($"put {_terms.Key}", request, cancellationToken)).Response;
    }

    /// <summary>
    /// Renews the lease as soon as the server can be reached again: it may hold until then, and a switch is not fired
    /// before.
    /// </summary>
    /// <returns>Why it is lost; null if it is not.</returns>
    public async Task<CliException?> RenewLateAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await RenewAsync(_session.WithTimeout(NoTimeout), cancellationToken) is { } loss)
                return loss;

            // The time counts from the first attempt, which may be long ago.
            if (_time.GetElapsedTime(_since) < _terms.RenewAfter)
                return null;
        }
    }

    /// <summary>Gives the lease back, so that others need not wait until it expires. Ignores errors.</summary>
    /// <returns>Whether it was given back.</returns>
    public async Task<bool> ReleaseAsync(TimeSpan timeout, CancellationToken cancellationToken)
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
            return (await _session.ForRenewal(timeout).SendAsync($"release {_terms.Key}", request, linked.Token))
                .Response.IsSuccess;
        }
        catch (Exception exception) when (exception is CliException
                                          || (exception is OperationCanceledException
                                              && !cancellationToken.IsCancellationRequested))
        {
            // It expires.
            return false;
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
        using var limit = new CancellationTokenSource(left, _time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await RenewAsync(_session.ForRenewal(left), linked.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return tooLate;
        }
    }

    private async Task<CliException?> RenewAsync(RetryingClient client, CancellationToken cancellationToken)
    {
        var sent = _time.GetTimestamp();
        try
        {
            var request = PutRequest(_session, _terms, [("If-Match", _etag)]);
            var (response, _) = await client.SendAsync(Operation, request, cancellationToken);
            if (!response.IsSuccess)
                return _session.Failure(Operation, response);
            (_since, _etag) = (sent, response.ETag ?? _etag);
            return null;
        }
        catch (CliException exception)
        {
            return exception;
        }
    }

    private static StoreRequest PutRequest(Session session, LeaseTerms terms, IReadOnlyList<(string, string)> headers)
    {
        var query = string.Create(CultureInfo.InvariantCulture, $"ttl={(long)terms.Ttl.TotalSeconds}s");
        if (terms.OnLapse is not null)
            query += "&on_lapse=fail";
        return new StoreRequest(HttpMethod.Put, session.ValueUrl(terms.Key, query))
        {
            Body = terms.Value,
            Headers = [.. headers, .. terms.OnLapse?.Headers ?? []],
            Content = ResponseContent.Written,
        };
    }

    private static TimeSpan NotNegative(TimeSpan span) => span > TimeSpan.Zero ? span : TimeSpan.Zero;
}
