using Goterra.Cli.Output;
using Goterra.Cli.Runtime;
using Goterra.Cli.Sessions;

namespace Goterra.Cli.Leases;

/// <summary>
/// Holds a lease that makes the server declare the deployment failed if this program stops renewing it without giving
/// it back.
/// </summary>
internal sealed class DeadMansSwitch(Session session, LeaseTerms terms, StatusWriter statusWriter, TimeProvider time)
{
    private static readonly TimeSpan NoTimeout = TimeSpan.FromDays(365);

    private readonly string _operation = $"alive {terms.Key}";
    private Lease? _lease;

    /// <summary>Arms the switch. Replaces one that the machine has left behind before a restart.</summary>
    /// <exception cref="CliException">The server refused, or could not be reached before the session's
    /// deadline.</exception>
    public async Task ArmAsync(CancellationToken cancellationToken)
    {
        _lease = await Lease.TakeOverAsync(session, session.Client, terms, time, cancellationToken);
        if (_lease.IsArmed)
            return;

        await _lease.ReleaseAsync(terms.Ttl, CancellationToken.None);
        throw new CliException(ExitCode.Error, $"{_operation}: the server does not support on_lapse");
    }

    /// <summary>Renews the switch, also after the server was unreachable for any time.</summary>
    /// <returns>Why it cannot be kept; null after cancellation.</returns>
    public async Task<CliException?> KeepArmedAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (_lease is not null)
            {
                var loss = await _lease.RenewUntilLostAsync(cancellationToken);
                if (loss is { ExitCode: ExitCode.Unreachable })
                {
                    statusWriter.WriteLine($"{loss.Message}; retrying until the server is back");
                    loss = await _lease.RenewLateAsync(cancellationToken);
                    if (loss is null)
                        continue;
                }

                if (loss is not { ExitCode: ExitCode.LostRace })
                    return loss;

                // The lease has lapsed, or another client has replaced or removed it.
                _lease = await Lease.TryAcquireAsync(
                    session, session.WithTimeout(NoTimeout), terms, time, cancellationToken);
                if (_lease is null)
                    return new CliException(ExitCode.LostRace, $"{_operation}: another client has taken {terms.Key}");
                statusWriter.WriteLine($"{_operation}: had lapsed, and is armed again");
            }

            return null;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return null;
        }
        catch (CliException exception)
        {
            return exception;
        }
    }

    /// <summary>Gives the switch back: this program may end.</summary>
    /// <returns>False if that failed, so that it lapses.</returns>
    public async Task<bool> ReleaseAsync(TimeSpan timeout) =>
        _lease is null || await _lease.ReleaseAsync(timeout, CancellationToken.None);
}
