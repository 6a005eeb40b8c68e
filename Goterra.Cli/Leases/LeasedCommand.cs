using System.Runtime.InteropServices;
using System.Text;
using Goterra.Cli.Output;
using Goterra.Cli.Processes;
using Goterra.Cli.Runtime;
using Goterra.Cli.Sessions;

namespace Goterra.Cli.Leases;

/// <summary>Runs a command for as long as this client holds a lease.</summary>
internal sealed class LeasedCommand(Lease lease, StatusWriter statusWriter, TimeProvider time)
{
    /// <summary>Granted even if the lease is already over: the command's fenced writes fail from then on.</summary>
    private static readonly TimeSpan MinGracePeriod = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan MaxGracePeriod = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Returns the exit code; null if the lease was lost, and the command with all its descendants was ended.
    /// </summary>
    /// <param name="command">Gets the lease in GOT_FENCE.</param>
    /// <param name="output">Receives stdout; null to inherit it.</param>
    /// <param name="renewal">Completes when the lease is lost.</param>
    /// <param name="interruption">Its signals go to the command while that runs.</param>
    /// <exception cref="CommandStartException">The command could not be started.</exception>
    public async Task<int?> RunAsync(
        ChildCommand command, OutputSink? output, Task<CliException?> renewal, Interruption interruption)
    {
        interruption.Token.ThrowIfCancellationRequested();
        Libc.AdoptOrphans();
        var environment = command.Environment.With(LeaseFence.Variable, Encoding.UTF8.GetBytes(lease.Fence.Text));
        using var child = ChildProcess.Start(command with { Environment = environment }, output, error: null, time);
        var id = child.Id; // a SIGCHLD handler may still run after the child was disposed
        using var reaping = OperatingSystem.IsWindows()
            ? null
            : PosixSignalRegistration.Create(PosixSignal.SIGCHLD, _ => Descendants.ReapOrphans(id));
        Descendants.ReapOrphans(id); // those that exited before the registration
        using var relaying = interruption.RelayTo(child);

        if (await Task.WhenAny(child.Exited, renewal) == child.Exited)
            return await child.Exited;
        // Null if a signal arrived while the command was being started. The lease is not renewed from then on.
        var loss = await renewal;
        if (loss is not null)
            statusWriter.WriteLine($"{loss.Message}; ending the command");
        child.Signal(SignalRelay.Terminate);
        var grace = Math.Clamp(lease.Remaining.Ticks, MinGracePeriod.Ticks, MaxGracePeriod.Ticks);
        await Task.WhenAny(child.Exited, Task.Delay(TimeSpan.FromTicks(grace), time));
        Descendants.Kill();
        child.Signal(SignalRelay.Kill); // without /proc, Descendants finds nothing
        var exitCode = await child.Exited;
        return loss is null ? exitCode : null;
    }
}
