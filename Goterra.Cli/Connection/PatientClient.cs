using System.Globalization;
using System.Net;
using Goterra.Cli.Output;

namespace Goterra.Cli.Connection;

/// <summary>
/// Repeats a request until the server has answered it for good or the deadline is over. What passes (refused connections, names
/// that don't resolve yet, cut answers, 5xx, 429, a certificate that is not valid yet) is tried again; any other answer is the caller's to judge.
/// </summary>
internal sealed class PatientClient(IStoreClient client, Deadline deadline, Talk talk, TimeProvider time)
{
    /// <summary>How long the server may take for an answer that needs no waiting.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>What an answer due at the deadline may be late, so that "not yet" isn't mistaken for silence.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan LongestWaitOfOneRequest = TimeSpan.FromSeconds(25);

    /// <summary>Below this a 404 to a waiting request came so early that the server seems not to know `wait`.</summary>
    private static readonly TimeSpan EarlyAnswer = TimeSpan.FromSeconds(5);

    private readonly Backoff _trouble = new(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(5));
    private readonly Backoff _polling = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));
    private bool _toldOfTrouble;

    /// <exception cref="CliException">The server could not be reached until the deadline.</exception>
    public async Task<FinalReply> SendAsync(string doing, StoreRequest request, CancellationToken cancellationToken)
    {
        using var notice = new WaitNotice(doing, deadline, talk, time);
        var (last, mayHaveArrived) = await TryAsync(doing, () => (request, TimeSpan.Zero), notice, cancellationToken);
        return last is Reply { IsTrouble: false } reply ? new FinalReply(reply, mayHaveArrived) : throw Unreachable(doing, last);
    }

    /// <summary>Opens a stream (an <see cref="OpenReply"/>), or tells why there is none (a <see cref="Reply"/>). The deadline begins anew.</summary>
    /// <exception cref="CliException">The server could not be reached until the deadline.</exception>
    public async Task<Exchange> OpenAsync(string doing, StoreRequest request, CancellationToken cancellationToken)
    {
        deadline.StartAgain();
        using var notice = new WaitNotice(doing, deadline, talk, time);
        var (last, _) = await TryAsync(doing, () => (request, TimeSpan.Zero), notice, cancellationToken);
        return last is Reply { IsTrouble: false } or OpenReply ? last : throw Unreachable(doing, last);
    }

    /// <summary>
    /// Asks with `wait` until the answer is another than "not yet", or the time is over. A server that doesn't know `wait`
    /// answers at once: it is polled, with growing pauses.
    /// </summary>
    /// <param name="doing">For messages.</param>
    /// <param name="request">Makes the request that waits for so long on the server; null asks without waiting.</param>
    /// <param name="isNotYet">Whether an answer means that there is more to wait for.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="CliException">The server could not be reached until the deadline.</exception>
    public async Task<Waited> WaitAsync(
        string doing, Func<string?, StoreRequest> request, Func<Reply, bool> isNotYet, CancellationToken cancellationToken)
    {
        using var notice = new WaitNotice(doing, deadline, talk, time);
        Reply? notYet = null;
        while (true)
        {
            var (last, _) = await TryAsync(doing, NextWait, notice, cancellationToken);
            if (last is Reply { IsTrouble: false } reply)
            {
                if (!isNotYet(reply))
                    return new Waited(reply, notYet);
                notYet = reply;
                notice.Because(reply.Status == HttpStatusCode.NotFound ? client.Redact(reply.Explanation) : null);
            }
            else if (last is not NoReply { CutShort: true } || notYet is null)
            {
                throw Unreachable(doing, last);
            }
            // else the server was there all the time, and only its last "not yet" is missing

            if (deadline.IsOver || last is NoReply)
                return new Waited(null, notYet);
            if (last.Elapsed >= EarlyAnswer)
                _polling.Reset();
            else
                await PauseAsync(_polling.Next(), cancellationToken);
        }

        (StoreRequest Request, TimeSpan Wait) NextWait()
        {
            var seconds = (int)Math.Min(deadline.Remaining.TotalSeconds, LongestWaitOfOneRequest.TotalSeconds);
            return (request(seconds == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"{seconds}s")), TimeSpan.FromSeconds(seconds));
        }
    }

    private async Task<(Exchange Last, bool MayHaveArrived)> TryAsync(
        string doing, Func<(StoreRequest Request, TimeSpan Wait)> next, WaitNotice notice, CancellationToken cancellationToken)
    {
        var mayHaveArrived = false;
        while (true)
        {
            var (request, wait) = next();
            var exchange = await client.SendAsync(request, wait + Patience, deadline.Remaining + Grace, cancellationToken);

            if (exchange is Reply { IsTrouble: false } or OpenReply)
            {
                _trouble.Reset();
                _toldOfTrouble = false;
                return (exchange, mayHaveArrived);
            }

            if (!request.IsRepeatable && exchange is not (Reply { IsRefusal: true } or NoReply { MayHaveArrived: false }))
            {
                throw new CliException(
                    ExitCode.Error, $"{doing}: {ReasonOf(exchange)}; it may have been carried out all the same, so it is not tried again");
            }

            mayHaveArrived |= exchange is not (Reply { IsRefusal: true } or NoReply { MayHaveArrived: false });
            if (deadline.IsOver || exchange is NoReply { IsFinal: true })
                return (exchange, mayHaveArrived);
            TellOfTrouble(doing, exchange);
            notice.Because(client.Redact(ReasonOf(exchange)));
            await PauseAsync(PauseAfter(exchange), cancellationToken);
        }
    }

    private TimeSpan PauseAfter(Exchange exchange)
    {
        var own = _trouble.Next();
        var asked = (exchange as Reply)?.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - time.GetUtcNow(),
            _ => TimeSpan.Zero,
        };
        return asked > own ? Backoff.AtLeast(asked) : own;
    }

    private async Task PauseAsync(TimeSpan pause, CancellationToken cancellationToken)
    {
        var left = Min(pause, deadline.Remaining);
        if (left > TimeSpan.Zero)
            await Task.Delay(left, time, cancellationToken);
    }

    // Once, and not at each attempt: the log of a boot is read by people.
    private void TellOfTrouble(string doing, Exchange exchange)
    {
        if (!_toldOfTrouble)
            talk.Say(client.Redact($"{doing}: {ReasonOf(exchange)}; trying again"));
        _toldOfTrouble = true;
    }

    private CliException Unreachable(string doing, Exchange last) => last switch
    {
        NoReply { IsFinal: true } => new(ExitCode.Error, client.Redact($"{doing}: {ReasonOf(last)}")),
        Reply => new(ExitCode.Unreachable, client.Redact($"{doing}: gave up after {deadline.Length.TotalSeconds:0}s: {ReasonOf(last)}")),
        _ => new(ExitCode.Unreachable, client.Redact($"{doing}: gave up, the server could not be reached within {deadline.Length.TotalSeconds:0}s: {ReasonOf(last)}")),
    };

    private static string ReasonOf(Exchange exchange) => exchange switch
    {
        Reply reply => reply.Explanation,
        NoReply noReply => noReply.Reason,
        _ => "",
    };

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}

/// <param name="Reply">The answer.</param>
/// <param name="RepeatedAfterLoss">An earlier attempt got no answer and may have been carried out.</param>
internal sealed record FinalReply(Reply Reply, bool RepeatedAfterLoss);

/// <param name="Answer">The end of the wait; null where its time was over first.</param>
/// <param name="NotYet">The last "not yet" before.</param>
internal sealed record Waited(Reply? Answer, Reply? NotYet);
