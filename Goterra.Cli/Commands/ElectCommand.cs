using System.CommandLine;
using System.Net;
using System.Text;
using Goterra.Cli.Arguments;
using Goterra.Cli.Leases;
using Goterra.Cli.Output;
using Goterra.Cli.Processes;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Commands;

/// <summary>`elect ROLE`: elects one of several machines as the leader. Another takes over when it stops.</summary>
internal sealed class ElectCommand : ClientCommand
{
    private static readonly TimeSpan ReleaseTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan NoTimeout = TimeSpan.FromDays(365);
    private static readonly TimeSpan DefaultTtl = TimeSpan.FromSeconds(15);

    private readonly Argument<string> _role = new("ROLE")
    {
        Description = "A key, which exists while there is a leader",
    };

    private readonly Option<string?> _value = new("--value")
    {
        Description = "The value of the key while this machine leads (default: its host name)",
        HelpName = "TEXT",
    };

    private readonly Option<string?> _ttl = new("--ttl")
    {
        Description = "How long a lost leader keeps the lease before another machine takes over (15s)",
        HelpName = "TIME",
    };

    private readonly Option<bool> _noWait = new("--no-wait")
    {
        Description = "Exit with code 8 if another machine leads",
    };
    private readonly CommandArgument _command = new();

    public ElectCommand(CommandContext context)
        : base(
            "elect",
            "Become the leader, or stand by until the leader stops; prints leader, "
            + "or follower and the leader's value, at each change. Leads as long as it runs, "
            + "or runs COMMAND while it leads",
            context)
    {
        Usage = "elect [options] <ROLE> [-- <COMMAND>...]";
        Add(_role);
        Add(_value);
        Add(_ttl);
        Add(_noWait);
        _command.AddTo(this);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var role = ArgumentParser.Key(parsed.GetRequiredValue(_role));
        var value = Encoding.UTF8.GetBytes(parsed.GetValue(_value) ?? Dns.GetHostName());
        var terms = new LeaseTerms(role, value, ArgumentParser.LeaseTtl(parsed, _ttl, DefaultTtl));
        using var session = Sessions.ForDeployment(parsed, Sessions.Timeout(parsed, NoTimeout));
        var command = _command.IsGiven(parsed) ? _command.Create(parsed) : null;

        using var interruption = new Interruption();
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(interruption.Token, cancellationToken);
        try
        {
            var candidate = new LeaseCandidate(session, terms, $"elect {role}", Environment.Time);
            var lease = await candidate.AcquireAsync(OnOtherLeader, linked.Token);
            if (lease is null)
                return (int)ExitCode.LostRace;
            Report("leader");
            return await LeadAsync(lease, command, interruption, linked.Token);
        }
        catch (OperationCanceledException) when (interruption.Token.IsCancellationRequested)
        {
            return interruption.ExitCode;
        }
        catch (CommandStartException exception)
        {
            throw exception.ToCliException();
        }

        bool OnOtherLeader(byte[] leader)
        {
            Report($"follower {StatusWriter.Escape(Encoding.UTF8.GetString(leader))}");
            return !parsed.GetValue(_noWait);
        }

        // If there is a command, stdout belongs to it.
        void Report(string state)
        {
            if (command is null)
                Output.WriteText(state + "\n");
            else
                StatusWriter.WriteLine($"elect {role}: {state}");
        }
    }

    private async Task<int> LeadAsync(
        Lease lease, ChildCommand? command, Interruption interruption, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var renewal = lease.RenewUntilLostAsync(ended.Token);
        try
        {
            if (command is not null)
            {
                var leased = new LeasedCommand(lease, StatusWriter, Environment.Time);
                return await leased.RunAsync(command, output: null, renewal, interruption) ?? (int)ExitCode.LostRace;
            }

            if (await renewal is { } loss)
                throw new CliException(ExitCode.LostRace, loss.Message);
            return interruption.ExitCode;
        }
        finally
        {
            await ended.CancelAsync();
            if (await renewal is null)
                await lease.ReleaseAsync(ReleaseTimeout, CancellationToken.None);
        }
    }
}
