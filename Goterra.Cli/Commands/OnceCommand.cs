using System.CommandLine;
using System.Net;
using Goterra.Cli.Arguments;
using Goterra.Cli.Connection;
using Goterra.Cli.Leases;
using Goterra.Cli.Once;
using Goterra.Cli.Output;
using Goterra.Cli.Processes;

namespace Goterra.Cli.Commands;

/// <summary>`once KEY -- COMMAND`: of all machines that say so, one runs the command, and all end as it does.</summary>
internal sealed class OnceCommand : Command
{
    private readonly SessionFactory _sessions;
    private readonly CliEnvironment _environment;
    private readonly Talk _talk;

    private readonly Argument<string> _key = new("KEY") { Description = "Gets the command's output where it succeeds, so that get KEY waits for it, too" };
    private readonly Option<string?> _ttl = new("--ttl") { Description = "Another machine takes over when the one that runs it has not been heard of for so long (30s)", HelpName = "TIME" };
    private readonly Option<bool> _passCredentials = new("--pass-credentials") { Description = "Leave GOT_TOKEN, GOT_TOKEN_FILE, GOT_APIKEY and GOT_TICKET in the command's environment" };
    private readonly CommandWords _command = new();

    public OnceCommand(SessionFactory sessions, CliEnvironment environment, Talk talk)
        : base("once", "Run a command on exactly one of all machines; the others wait for it, and get its output and exit code")
    {
        (_sessions, _environment, _talk) = (sessions, environment, talk);
        Add(_key);
        Add(_ttl);
        Add(_passCredentials);
        _command.AddTo(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var key = ValueKey.Parse(parsed.GetRequiredValue(_key));
        var place = OnceRecord.PlaceOf(key);
        var host = Dns.GetHostName();
        var terms = new LeaseTerms(place, OnceRecord.Running(host).ToBytes(), LeaseLife.Of(parsed, _ttl, TimeSpan.FromSeconds(30)));
        using var session = _sessions.ForDeployment(parsed, _sessions.Timeout(parsed, SessionFactory.DefaultWait));
        var variables = ProcessEnvironment.OfThisProcess();
        var command = _command.Of(parsed, parsed.GetValue(_passCredentials) ? variables : variables.WithoutCredentials());
        var candidate = new Candidate(session, terms, $"once {key}", _environment.Time);
        using var told = new Interruption();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(told.Token, cancellationToken);
        try
        {
            while (true)
            {
                OnceRecord? record = null;
                var lease = await candidate.StandAsync(value => (record = Parse(key, place, value)).IsRunning, either.Token);
                if (lease is null && record is not null)
                    return Repeat(key, place, record);
                if (lease is not null && await new OnceRun(session, lease, key, host, _talk, _environment).RunAsync(command, told, either.Token) is { } exitCode)
                    return exitCode;
                // Else it was lost on the way: another machine's result is the one that counts.
            }
        }
        catch (OperationCanceledException) when (told.Token.IsCancellationRequested)
        {
            return told.ExitCode;
        }
        catch (CannotStartException problem)
        {
            throw problem.ToCliException();
        }
    }

    private static OnceRecord Parse(ValueKey key, ValueKey place, byte[] value) =>
        OnceRecord.Read(value) ?? throw new CliException(ExitCode.Error, $"once {key}: what is stored at {place} is no record of once; goterra-cli rm {place} makes room for one");

    private int Repeat(ValueKey key, ValueKey place, OnceRecord record)
    {
        var exitCode = record.State.ExitCode ?? (int)ExitCode.Error;
        if (record.State.TooLong == true)
            throw new CliException(ExitCode.Error, $"once {key}: it ran on {record.State.Host} and ended with exit code {exitCode}, but its output ({record.State.OutputBytes} bytes) is longer than what is stored, and can't be had here");
        new ValueOutput(_environment.Output).Write(record.Output, newline: false);
        if (exitCode != 0)
            _talk.Say($"once {key}: it failed on {record.State.Host} with exit code {exitCode}, and is not tried again; goterra-cli rm {place} lets it run once more");
        return exitCode;
    }
}
