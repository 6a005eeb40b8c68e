using System.Net;
using Goterra.Cli.Arguments;
using Goterra.Cli.Connection;
using Goterra.Cli.Leases;
using Goterra.Cli.Output;
using Goterra.Cli.Processes;
using Goterra.Cli.Values;

namespace Goterra.Cli.Once;

/// <summary>The one run of a command, by whoever has the lease.</summary>
internal sealed class OnceRun(Session session, Lease lease, ValueKey key, string host, Talk talk, CliEnvironment environment)
{
    /// <summary>For giving the lease back; it ends by itself, too.</summary>
    private static readonly TimeSpan ReleasePatience = TimeSpan.FromSeconds(5);

    private readonly HeldOutput _output = new();

    private string Doing => $"once {key}";

    /// <summary>The command's exit code, when its result is stored and its output printed; null where the lease was lost before.</summary>
    public async Task<int?> RunAsync(ChildCommand command, Interruption told, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var kept = lease.KeepAsync(over.Token);
        var settled = false;
        try
        {
            var exitCode = await new LeasedCommand(lease, talk, environment.Time).RunAsync(command, _output.Add, kept, told);
            if (exitCode is null)
                return Lost();
            // Told to end, it has not shown whether it can be done: that is for another machine.
            if (told.HasCome && exitCode != 0)
                return exitCode;

            var storing = StoreAsync(exitCode.Value, over.Token);
            if (await Task.WhenAny(storing, kept) == kept && !cancellationToken.IsCancellationRequested)
                return Lost();
            settled = await storing;
            return settled ? Print(exitCode.Value) : Lost();
        }
        finally
        {
            await over.CancelAsync();
            if (!settled && await kept is null)
                await lease.ReleaseAsync(ReleasePatience, CancellationToken.None);
        }
    }

    /// <summary>False where the lease is not ours any more.</summary>
    private async Task<bool> StoreAsync(int exitCode, CancellationToken cancellationToken)
    {
        var output = _output.Bytes;
        if (exitCode == 0 && output is not null)
        {
            // First: whoever finds the result finds this. And only while the lease lives.
            var put = await new ValueWriter(session, session.Within(TimeSpan.FromDays(365))).PutAsync(Doing, key, output, Fence.Headers(lease.Fence), cancellationToken);
            if (put.Status == HttpStatusCode.PreconditionFailed)
                return false;
            if (put.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Gone)
                throw session.Failure(Doing, put);
            if (!put.IsSuccess && put.Status != HttpStatusCode.RequestEntityTooLarge)
                talk.Say($"{session.Failure($"{Doing}: put {key}", put).Message}; once gives the output out all the same, and get does not");
        }

        var record = output is null ? OnceRecord.TooLong(host, exitCode, _output.Length) : OnceRecord.Over(host, exitCode, output);
        var reply = await lease.SettleAsync(record.ToBytes(), cancellationToken);
        if (reply.Status == HttpStatusCode.RequestEntityTooLarge)
        {
            talk.Say(session.Failure(Doing, reply).Message);
            record = OnceRecord.TooLong(host, exitCode, _output.Length);
            reply = await lease.SettleAsync(record.ToBytes(), cancellationToken);
        }

        if (reply.Status == HttpStatusCode.PreconditionFailed)
            return false;
        if (!reply.IsSuccess)
            throw session.Failure(Doing, reply);
        if (record.State.TooLong == true)
            talk.Say($"{Doing}: the output ({_output.Length} bytes) is longer than what can be stored: the other machines learn that it ran, and end with exit code 1");
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
        : throw new CliException(ExitCode.LostRace, $"{Doing}: another machine has taken over, and output of this one is printed already");
}
