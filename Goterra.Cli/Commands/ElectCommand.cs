using System.CommandLine;
using System.Net;
using System.Text;
using Goterra.Cli.Arguments;
using Goterra.Cli.Connection;
using Goterra.Cli.Leases;
using Goterra.Cli.Output;
using Goterra.Cli.Processes;

namespace Goterra.Cli.Commands;

/// <summary>`elect ROLE`: of all machines that say so one leads, and another takes over when that one ends.</summary>
internal sealed class ElectCommand : Command
{
    /// <summary>For giving the role back; it ends by itself, too.</summary>
    private static readonly TimeSpan ReleasePatience = TimeSpan.FromSeconds(5);

    /// <summary>Whoever stands by for a leader does so for as long as it takes.</summary>
    private static readonly TimeSpan NoLimit = TimeSpan.FromDays(365);

    private readonly SessionFactory _sessions;
    private readonly CliEnvironment _environment;
    private readonly Talk _talk;

    private readonly Argument<string> _role = new("ROLE") { Description = "A key, which is there while somebody leads" };
    private readonly Option<string?> _value = new("--value") { Description = "What the others learn of this machine as the leader: its host name if not given", HelpName = "TEXT" };
    private readonly Option<string?> _ttl = new("--ttl") { Description = "Another takes over when the leader has not been heard of for so long (15s)", HelpName = "TIME" };
    private readonly Option<bool> _noWait = new("--no-wait") { Description = "Don't stand by where another leads: exit code 8" };
    private readonly Option<bool> _passCredentials = new("--pass-credentials") { Description = "Leave GOT_TOKEN, GOT_TOKEN_FILE, GOT_APIKEY and GOT_TICKET in the command's environment" };
    private readonly CommandWords _command = new();

    public ElectCommand(SessionFactory sessions, CliEnvironment environment, Talk talk)
        : base("elect", "Be the one leader, or stand by until that is over; prints leader, or follower and the leader's value, at each change. Leads while it runs, or runs COMMAND while it leads")
    {
        (_sessions, _environment, _talk) = (sessions, environment, talk);
        Add(_role);
        Add(_value);
        Add(_ttl);
        Add(_noWait);
        Add(_passCredentials);
        _command.AddTo(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var role = ValueKey.Parse(parsed.GetRequiredValue(_role));
        var value = Encoding.UTF8.GetBytes(parsed.GetValue(_value) ?? Dns.GetHostName());
        var terms = new LeaseTerms(role, value, LeaseLife.Of(parsed, _ttl, TimeSpan.FromSeconds(15)));
        using var session = _sessions.ForDeployment(parsed, _sessions.Timeout(parsed, NoLimit));
        var variables = ProcessEnvironment.OfThisProcess();
        var command = _command.Of(parsed).Count == 0 ? null : _command.Of(parsed, parsed.GetValue(_passCredentials) ? variables : variables.WithoutCredentials());
        using var told = new Interruption();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(told.Token, cancellationToken);
        try
        {
            var lease = await new Candidate(session, terms, $"elect {role}", _environment.Time).StandAsync(IsFollowed, either.Token);
            if (lease is null)
                return (int)ExitCode.LostRace;
            Tell("leader");
            return await LeadAsync(lease, command, told, either.Token);
        }
        catch (OperationCanceledException) when (told.Token.IsCancellationRequested)
        {
            return told.ExitCode;
        }
        catch (CannotStartException problem)
        {
            throw problem.ToCliException();
        }

        bool IsFollowed(byte[] leader)
        {
            Tell($"follower {Talk.Escape(Encoding.UTF8.GetString(leader))}");
            return !parsed.GetValue(_noWait);
        }

        // Where there is a command, stdout is its own.
        void Tell(string state)
        {
            if (command is null)
                new ValueOutput(_environment.Output).WriteText(state + "\n");
            else
                _talk.Say($"elect {role}: {state}");
        }
    }

    private async Task<int> LeadAsync(Lease lease, ChildCommand? command, Interruption told, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var kept = lease.KeepAsync(over.Token);
        try
        {
            if (command is not null)
                return await new LeasedCommand(lease, _talk, _environment.Time).RunAsync(command, output: null, kept, told) ?? (int)ExitCode.LostRace;
            if (await kept is { } loss)
                throw new CliException(ExitCode.LostRace, loss.Message);
            return told.ExitCode;
        }
        finally
        {
            await over.CancelAsync();
            if (await kept is null)
                await lease.ReleaseAsync(ReleasePatience, CancellationToken.None);
        }
    }
}
