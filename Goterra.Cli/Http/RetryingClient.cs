using System.Globalization;
using System.Net;
using Goterra.Cli.Output;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Http;

/// <param name="Response">The response.</param>
/// <param name="RepeatedAfterLoss">An earlier attempt got no response, and may have been carried out.</param>
internal sealed record FinalResponse(StoreResponse Response, bool RepeatedAfterLoss);

/// <param name="Response">The response that ended the wait; null if it timed out.</param>
/// <param name="Pending">The last "not yet" before that.</param>
internal sealed record WaitCompletion(StoreResponse? Response, StoreResponse? Pending);

/// <summary>Whether a goterra server has answered. Shared by the clients of a session.</summary>
internal sealed class ServerContact
{
    public bool IsMade { get; set; }
}

/// <summary>
/// Repeats a request until it gets a final response or the deadline is over. Transient errors are retried: refused
/// connections, unresolved names, truncated responses, 5xx, 429, certificates that are not valid yet.
/// </summary>
internal sealed class RetryingClient(
    IStoreClient client, Deadline deadline, ServerContact contact, StatusWriter statusWriter, TimeProvider time)
{
    /// <summary>What a server says of a key that does not exist. The notice of a wait need not repeat it.</summary>
    public const string KeyNotFound = "Key not found.";

    /// <summary>For responses that need no waiting.</summary>
    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How late a response may arrive that is due at the deadline, so that "not yet" is not mistaken for a time-out.
    /// </summary>
    private static readonly TimeSpan GracePeriod = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan MaxWaitPerRequest = TimeSpan.FromSeconds(25);

    /// <summary>A faster "not yet" means that the server does not support `wait`.</summary>
    private static readonly TimeSpan MinWaitDuration = TimeSpan.FromSeconds(5);

    private readonly Backoff _retryBackoff = new(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(5));
    private readonly Backoff _pollBackoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));
    private bool _hasReportedRetry;

    /// <exception cref="CliException">The server could not be reached until the deadline.</exception>
    public async Task<FinalResponse> SendAsync(
        string operation, StoreRequest request, CancellationToken cancellationToken)
    {
        using var notice = new WaitNotice(operation, deadline, statusWriter, time);
        var (last, mayHaveBeenApplied) = await RetryAsync(
            operation, () => (request, TimeSpan.Zero), notice, cancellationToken);
        return last is StoreResponse { IsTransient: false } response
            ? new FinalResponse(response, mayHaveBeenApplied)
            : throw Unreachable(operation, last);
    }

    /// <summary>
    /// Opens a stream. Returns a <see cref="StoreResponse"/> if the server refuses. Restarts the deadline.
    /// </summary>
    /// <exception cref="CliException">The server could not be reached until the deadline.</exception>
    public async Task<SendResult> OpenAsync(string operation, StoreRequest request, CancellationToken cancellationToken)
    {
        deadline.Restart();
        using var notice = new WaitNotice(operation, deadline, statusWriter, time);
        var (last, _) = await RetryAsync(operation, () => (request, TimeSpan.Zero), notice, cancellationToken);
        return last is StoreResponse { IsTransient: false } or StreamingResponse
            ? last
            : throw Unreachable(operation, last);
    }

    /// <summary>
    /// Repeats a request with `wait` until the response is not "not yet", or the deadline is over. A server that does
    /// not support `wait` is polled.
    /// </summary>
    /// <param name="operation">For messages.</param>
    /// <param name="createRequest">Creates a request with that `wait`; null for a request that does not wait.</param>
    /// <param name="isPending">Whether a response means "not yet".</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="CliException">The server could not be reached until the deadline.</exception>
    public async Task<WaitCompletion> WaitAsync(
        string operation,
        Func<string?, StoreRequest> createRequest,
        Func<StoreResponse, bool> isPending,
        CancellationToken cancellationToken)
    {
        using var notice = new WaitNotice(operation, deadline, statusWriter, time);
        StoreResponse? pending = null;
        while (true)
        {
            var (last, _) = await RetryAsync(operation, NextRequest, notice, cancellationToken);
            if (last is StoreResponse { IsTransient: false } response)
            {
                if (!isPending(response))
                    return new WaitCompletion(response, pending);
                // The last response, after a request that does not wait, has no hint.
                if (pending?.Explanation.StartsWith(response.Explanation, StringComparison.Ordinal) != true)
                    pending = response;
                notice.SetReason(
                    response.Status != HttpStatusCode.NotFound || response.Explanation == KeyNotFound
                        ? null
                        : client.Redact(response.Explanation));
            }
            else if (last is not SendFailure { IsTimeout: true } || pending is null)
            {
                throw Unreachable(operation, last);
            }

            // A time-out at the deadline: the server was reachable, only its last "not yet" is missing.
            if (deadline.IsOver || last is SendFailure)
                return new WaitCompletion(null, pending);
            if (last.Elapsed >= MinWaitDuration)
                _pollBackoff.Reset();
            else
                await DelayAsync(_pollBackoff.Next(), cancellationToken);
        }

        (StoreRequest Request, TimeSpan Wait) NextRequest()
        {
            var seconds = (int)Math.Min(deadline.Remaining.TotalSeconds, MaxWaitPerRequest.TotalSeconds);
            var wait = seconds == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"{seconds}s");
            var request = createRequest(wait);
            return (wait is null ? request : request.WithTimeLeft(deadline.Remaining), TimeSpan.FromSeconds(seconds));
        }
    }

    private async Task<(SendResult Last, bool MayHaveBeenApplied)> RetryAsync(
        string operation,
        Func<(StoreRequest Request, TimeSpan Wait)> next,
        WaitNotice notice,
        CancellationToken cancellationToken)
    {
        var mayHaveBeenApplied = false;
        while (true)
        {
            var (request, wait) = next();
            var timeouts = new SendTimeouts(
                deadline.LimitAttempt(wait + ResponseTimeout), deadline.Remaining + GracePeriod);
            var result = await client.SendAsync(request, timeouts, cancellationToken);
            // Once goterra has answered, another server means that a proxy cannot reach it for the moment.
            if (result is StoreResponse { IsForeign: true } page && !contact.IsMade)
                throw ExitCodes.NotGoterra(operation, page);
            if (result is SendFailure { IsForeign: true } failure && !contact.IsMade)
                throw new CliException(ExitCode.Error, client.Redact($"{operation}: {failure.Reason}"));
            if (result is StoreResponse { IsTransient: false } or StreamingResponse)
            {
                contact.IsMade |= result is not StoreResponse answer || ResponseProof.IsProven(request, answer);
                _retryBackoff.Reset();
                _hasReportedRetry = false;
                return (result, mayHaveBeenApplied);
            }

            var wasNotApplied =
                result is StoreResponse { IsRejected: true } or SendFailure { MayHaveBeenApplied: false };
            if (!request.IsIdempotent && !wasNotApplied)
            {
                throw new CliException(
                    ExitCode.Error,
                    $"{operation}: {ReasonOf(result)}; not retried, because the request may have been carried out");
            }

            mayHaveBeenApplied |= !wasNotApplied;
            if (deadline.IsOver || result is SendFailure { IsPermanent: true })
                return (result, mayHaveBeenApplied);
            ReportRetry(operation, result);
            notice.SetReason(client.Redact(ReasonOf(result)));
            await DelayAsync(RetryDelay(result), cancellationToken);
        }
    }

    private TimeSpan RetryDelay(SendResult result)
    {
        var backoff = _retryBackoff.Next();
        var requested = (result as StoreResponse)?.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - time.GetUtcNow(),
            _ => TimeSpan.Zero,
        };
        return requested > backoff ? Backoff.AtLeast(requested) : backoff;
    }

    private async Task DelayAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        var left = delay < deadline.Remaining ? delay : deadline.Remaining;
        if (left > TimeSpan.Zero)
            await Task.Delay(left, time, cancellationToken);
    }

    // Only once: people read the boot log.
    private void ReportRetry(string operation, SendResult result)
    {
        if (!_hasReportedRetry)
            statusWriter.WriteLine(client.Redact($"{operation}: {ReasonOf(result)}; retrying"));
        _hasReportedRetry = true;
    }

    private CliException Unreachable(string operation, SendResult last)
    {
        var seconds = $"{deadline.Length.TotalSeconds:0}s";
        var (exitCode, what) = last switch
        {
            SendFailure { IsPermanent: true } => (ExitCode.Error, ""),
            StoreResponse => (ExitCode.Unreachable, $"gave up after {seconds}: "),
            _ => (ExitCode.Unreachable, $"gave up, the server could not be reached within {seconds}: "),
        };
        return new CliException(exitCode, client.Redact($"{operation}: {what}{ReasonOf(last)}"));
    }

    private static string ReasonOf(SendResult result) => result switch
    {
        StoreResponse response => response.Explanation,
        SendFailure failure => failure.Reason,
        _ => "",
    };
}
