using Goterra.Core.Access;
using Goterra.Core.Deployments;

namespace Goterra.Core.Waiting;

/// <summary>
/// The one loop behind every wait: arm the watch, read, wait, read again. The watch is armed before the first read, so a change between the
/// two is noticed; what wakes is a hint only, and every answer comes from a read that began after it.
/// </summary>
public sealed class WaitLoop(ChangeHub hub, Limits limits, TimeProvider time)
{
    /// <summary>Reads until the reading is settled, the time is over, the credential expires or the process stops.</summary>
    /// <param name="wait">How long; cut to <see cref="Limits.MaxWait"/>; zero reads once.</param>
    /// <exception cref="StoreUnavailableException">The first read failed, or the last one after the time was over. In between, a store that can't be
    /// reached does not end a wait: it may be back before the time is over.</exception>
    public async Task<Waited<T>> ReadAsync<T>(
        Caller caller, Interest interest, TimeSpan wait, Reading<T> reading, CancellationToken cancellationToken)
    {
        if (wait <= TimeSpan.Zero)
            return new Waited<T>(WaitEnd.Over, await reading.Read(cancellationToken));

        if (!hub.TryArm(interest, out var watch, out var limit))
            return new Waited<T>(WaitEnd.TooMany, default, limit);

        using (watch)
        {
            return await LoopAsync(caller, watch, wait, reading, cancellationToken);
        }
    }

    private async Task<Waited<T>> LoopAsync<T>(
        Caller caller, Watch watch, TimeSpan wait, Reading<T> reading, CancellationToken cancellationToken)
    {
        var deadline = new Deadline(time, wait < limits.MaxWait ? wait : limits.MaxWait);
        var known = await reading.Read(cancellationToken);
        while (true)
        {
            if (reading.Settled(known))
                return new Waited<T>(WaitEnd.Over, known);
            if (hub.Closed)
                return new Waited<T>(WaitEnd.ShuttingDown, known);
            if (time.GetUtcNow() >= caller.Expires)
                return new Waited<T>(WaitEnd.CredentialExpired, known);
            if (deadline.Left <= TimeSpan.Zero)
                return new Waited<T>(WaitEnd.Over, await reading.Read(cancellationToken));

            var wake = watch.Wake;
            var pause = Shortest(deadline.Left, caller.Expires - time.GetUtcNow(), reading.TimeLeft(known));
            await PauseAsync(wake, pause, cancellationToken);
            if (!wake.Signalled.IsCompleted)
            {
                known = await TryReadAsync(reading.Read(cancellationToken), known);
                continue;
            }

            watch.Wake = wake.Next;
            known = await TryReadAsync(wake.ReadAsync(reading.Read).WaitAsync(cancellationToken), known);
        }
    }

    private async Task PauseAsync(Wake wake, TimeSpan limit, CancellationToken cancellationToken)
    {
        // No exception for a time that is over: with thousands of waits that end together it would be the most expensive part.
        await wake.Signalled.WaitAsync(limit, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private static async Task<T> TryReadAsync<T>(Task<T> read, T known)
    {
        try
        {
            return await read;
        }
        catch (StoreUnavailableException)
        {
            return known;
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

    private readonly struct Deadline(TimeProvider time, TimeSpan limit)
    {
        private readonly long _start = time.GetTimestamp();

        public TimeSpan Left => limit - time.GetElapsedTime(_start);
    }
}

/// <summary>What a wait reads again and again.</summary>
/// <param name="Read">The same for every wait with the same interest: what one of them reads after a signal, all of them get.</param>
/// <param name="Settled">There is nothing more to wait for.</param>
/// <param name="TimeLeft">How long the deployment still lives, as far as a reading tells.</param>
public sealed record Reading<T>(Func<CancellationToken, Task<T>> Read, Func<T, bool> Settled, Func<T, TimeSpan?> TimeLeft);

/// <param name="Last">The last reading; missing only after <see cref="WaitEnd.TooMany"/>.</param>
public readonly record struct Waited<T>(WaitEnd End, T? Last, LimitHit? Limit = null);

public enum WaitEnd
{
    /// <summary>Settled, or the time is over: the last reading tells which.</summary>
    Over,
    CredentialExpired,
    ShuttingDown,
    TooMany,
}
