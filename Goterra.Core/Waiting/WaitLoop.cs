using Goterra.Core.Access;
using Goterra.Core.Deployments;

namespace Goterra.Core.Waiting;

/// <summary>
/// The one loop behind every wait: arm the watch, read, wait, read again. The watches are armed before the first read, so a change between the
/// two is noticed; what wakes is a hint only, and every answer comes from a read that began after it.
/// </summary>
internal sealed class WaitLoop(ChangeHub hub, TimeProvider time)
{
    /// <summary>Reads until it is settled, the time is over, the credential expires or the process stops.</summary>
    /// <param name="wait">Zero reads once.</param>
    /// <param name="reads">Their watches are armed. Each is read once at first, then when it is signalled, and once more when the time is over.</param>
    /// <param name="settled">Whether there is nothing more to wait for, judging by what the reads gave last.</param>
    /// <param name="timeLeft">How long the deployment still lives, as far as the reads tell.</param>
    /// <param name="onWait">Called once, when the first reads have not settled it.</param>
    /// <exception cref="StoreUnavailableException">The first read failed, or the last one after the time was over. In between, a store that can't be
    /// reached does not end a wait: it may be back before the time is over.</exception>
    public async Task<WaitEnd> RunAsync(
        Caller caller,
        TimeSpan wait,
        IReadOnlyList<WatchedRead> reads,
        Func<Task<bool>> settled,
        Func<TimeSpan?> timeLeft,
        Action onWait,
        CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        await ReadAllAsync(reads, cancellationToken);
        for (var first = true; !await settled(); first = false)
        {
            if (hub.Closed && wait > TimeSpan.Zero)
                return WaitEnd.ShuttingDown;
            if (time.GetUtcNow() >= caller.Expires)
                return WaitEnd.CredentialExpired;

            var left = wait - time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
            {
                if (!first)
                {
                    await ReadAllAsync(reads, cancellationToken);
                    await settled();
                }

                return WaitEnd.Over;
            }

            if (first)
                onWait();

            await PauseAsync(reads, Shortest(left, caller.Expires - time.GetUtcNow(), timeLeft()), cancellationToken);
            if (cancellationToken.IsCancellationRequested)
                return WaitEnd.Abandoned;
            await FollowAllAsync(reads, cancellationToken);
        }

        return WaitEnd.Over;
    }

    private async Task PauseAsync(IReadOnlyList<WatchedRead> reads, TimeSpan limit, CancellationToken cancellationToken)
    {
        // No exception for a time that is over, or a caller that hung up: with thousands of waits that end together, as when a network goes down, the exceptions
        // would be all that the process does for seconds.
        var signalled = reads.Count == 1 ? reads[0].Signalled : Task.WhenAny(reads.Select(read => read.Signalled));
        await signalled.WaitAsync(limit, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task ReadAllAsync(IReadOnlyList<WatchedRead> reads, CancellationToken cancellationToken)
    {
        foreach (var read in reads)
            await read.ReadAsync(cancellationToken);
    }

    private static async Task FollowAllAsync(IReadOnlyList<WatchedRead> reads, CancellationToken cancellationToken)
    {
        var any = reads.Any(read => read.Signalled.IsCompleted);
        foreach (var read in reads)
        {
            try
            {
                // Woken by the clock and not by a signal: the deployment's end is near, and only the store can tell.
                await (any ? read.FollowAsync(cancellationToken) : read.ReadAsync(cancellationToken));
            }
            catch (StoreUnavailableException)
            {
                // What was read last still stands, and is looked at again with the next signal.
            }
        }
    }

    private static TimeSpan Shortest(TimeSpan wait, TimeSpan credential, TimeSpan? deployment)
    {
        var shortest = wait < credential ? wait : credential;
        if (deployment < shortest)
            shortest = deployment.Value;

        // A millisecond at least: the clocks of store and process need not agree to the tick.
        return shortest > TimeSpan.FromMilliseconds(1) ? shortest : TimeSpan.FromMilliseconds(1);
    }
}

internal enum WaitEnd
{
    /// <summary>Settled, or the time is over: what was read last tells which.</summary>
    Over,
    CredentialExpired,
    ShuttingDown,

    /// <summary>The caller hung up while it waited.</summary>
    Abandoned,
}
