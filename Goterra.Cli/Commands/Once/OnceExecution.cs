using System.Net;
using Goterra.Cli.Leases;
using Goterra.Cli.Output;
using Goterra.Cli.Processes;
using Goterra.Cli.Runtime;
using Goterra.Cli.Sessions;

namespace Goterra.Cli.Commands.Once;

/// <summary>Runs the command of `once` on the machine that holds the lease, and stores the result.</summary>
internal sealed class OnceExecution(
    Session session, Lease lease, ValueKey key, StatusWriter statusWriter, CliEnvironment environment)
{
    private static readonly TimeSpan ReleaseTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan NoTimeout = TimeSpan.FromDays(365);

    private readonly BufferedCommandOutput _output = new();

    public required string Host { get; init; }

    private string Operation => $"once {key}";

    /// <summary>
    /// Returns the exit code when the result is stored and the output printed; null if the lease was lost before that.
    /// </summary>
    public async Task<int?> RunAsync(
        ChildCommand command, Interruption interruption, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var renewal = lease.RenewUntilLostAsync(ended.Token);
        var isStored = false;
        try
        {
            var leased = new LeasedCommand(lease, statusWriter, environment.Time);
            var exitCode = await leased.RunAsync(command, _output.Add, renewal, interruption);
            if (exitCode is null)
                return Lost();
            // The failure of an interrupted command is not a result: another machine tries again.
            if (interruption.IsRequested && exitCode != 0)
                return exitCode;

            var storing = StoreAsync(exitCode.Value, ended.Token);
            if (await Task.WhenAny(storing, renewal) == renewal && !cancellationToken.IsCancellationRequested)
                return Lost();
            isStored = await storing;
            return isStored ? Print(exitCode.Value) : Lost();
        }
        finally
        {
            await ended.CancelAsync();
            if (!isStored && await renewal is null)
                await lease.ReleaseAsync(ReleaseTimeout, CancellationToken.None);
        }
    }

    /// <summary>Returns false if the lease was lost.</summary>
    private async Task<bool> StoreAsync(int exitCode, CancellationToken cancellationToken)
    {
        var output = _output.Bytes;
        // Before the record: clients that find the record must find the value. Fenced by the lease.
        if (exitCode == 0 && output is not null && !await StoreValueAsync(output, cancellationToken))
            return false;

        var record = output is null
            ? OnceRecord.TooLong(Host, exitCode, _output.Length)
            : OnceRecord.Completed(Host, exitCode, output);
        var response = await lease.ReplaceByValueAsync(record.ToBytes(), cancellationToken);
        if (response.Status == HttpStatusCode.RequestEntityTooLarge)
        {
            statusWriter.WriteLine(session.Failure(Operation, response).Message);
            record = OnceRecord.TooLong(Host, exitCode, _output.Length);
            response = await lease.ReplaceByValueAsync(record.ToBytes(), cancellationToken);
        }

        if (response.Status == HttpStatusCode.PreconditionFailed)
            return false;
        if (!response.IsSuccess)
            throw session.Failure(Operation, response);
        if (record.Header.TooLong == true)
        {
            statusWriter.WriteLine(
                $"{Operation}: the output ({_output.Length} bytes) is too long to be stored; "
                + "on the other machines, once reports that and exits with code 1");
        }

        return true;
    }

    /// <summary>Returns false if the lease was lost.</summary>
    private async Task<bool> StoreValueAsync(byte[] output, CancellationToken cancellationToken)
    {
        var writer = new ValueWriter(session, session.WithTimeout(NoTimeout));
        var fence = LeaseFence.Headers(lease.Fence);
        var response = await writer.PutAsync(Operation, key, output, fence, cancellationToken);
        if (response.Status == HttpStatusCode.PreconditionFailed)
            return false;
        if (response.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Gone)
            throw session.Failure(Operation, response);
        if (!response.IsSuccess && response.Status != HttpStatusCode.RequestEntityTooLarge)
        {
            var failure = session.Failure($"{Operation}: put {key}", response);
            statusWriter.WriteLine(
                $"{failure.Message}; once prints the output on all machines, but get {key} does not");
        }

        return true;
    }

    private int Print(int exitCode)
    {
        if (_output.Bytes is { } output)
            new ValueOutput(environment.Output).Write(output, newline: false);
        return exitCode;
    }

    private int? Lost() => _output.Bytes is not null
        ? null
        : throw new CliException(
            ExitCode.LostRace, $"{Operation}: another machine has taken over, but this one has already printed output");
}
