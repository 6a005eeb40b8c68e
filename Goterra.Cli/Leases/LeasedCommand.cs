using System.Runtime.InteropServices;
using System.Text;
using Goterra.Cli.Connection;
using Goterra.Cli.Output;
using Goterra.Cli.Processes;

namespace Goterra.Cli.Leases;

/// <summary>Runs a command for as long as a lease is ours.</summary>
internal sealed class LeasedCommand(Lease lease, Talk talk, TimeProvider time)
{
    /// <summary>Where the lease is over already: still long enough for a command to put its things in order. What it writes is held against the lease.</summary>
    private static readonly TimeSpan LeastGrace = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan LongestGrace = TimeSpan.FromSeconds(10);

    /// <summary>Its exit code; null where the lease was lost, and the command is ended with all that it has started.</summary>
    /// <param name="command">It finds the lease in GOT_FENCE.</param>
    /// <param name="output">Gets its stdout; null: nobody but whoever gets ours.</param>
    /// <param name="kept">Ends when the lease is lost.</param>
    /// <param name="told">Whom signals go to: the command, while it runs.</param>
    /// <exception cref="CannotStartException">It could not be started.</exception>
    public async Task<int?> RunAsync(ChildCommand command, OutputTap? output, Task<CliException?> kept, Interruption told)
    {
        told.Token.ThrowIfCancellationRequested();
        Libc.AdoptOrphans();
        var environment = command.Environment.With(Fence.Variable, Encoding.UTF8.GetBytes(lease.Fence.Text));
        using var child = ChildProcess.Start(command with { Environment = environment }, output, error: null, time);
        var id = child.Id; // a signal that has come may still be attended to when the child is disposed of
        using var reaping = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGCHLD, _ => Descendants.ReapOrphans(id));
        Descendants.ReapOrphans(id); // those that were faster
        using var relaying = told.RelayTo(child);
        if (await Task.WhenAny(child.Ended, kept) == child.Ended)
            return await child.Ended;

        // None: a signal came while the command was being started, which has it now. Nobody renews the lease from then on.
        var loss = await kept;
        if (loss is not null)
            talk.Say($"{loss.Message}; the command has to end");
        child.Signal(SignalRelay.Terminate);
        var grace = Math.Clamp(lease.Remaining.Ticks, LeastGrace.Ticks, LongestGrace.Ticks);
        await Task.WhenAny(child.Ended, Task.Delay(TimeSpan.FromTicks(grace), time));
        Descendants.Kill();
        child.Signal(SignalRelay.Kill); // where there is no /proc to find it in
        var exitCode = await child.Ended;
        return loss is null ? exitCode : null;
    }
}
