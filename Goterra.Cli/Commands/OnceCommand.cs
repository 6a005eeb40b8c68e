using System.CommandLine;
using System.Net;
using Goterra.Cli.Arguments;
using Goterra.Cli.Commands.Once;
using Goterra.Cli.Leases;
using Goterra.Cli.Processes;
using Goterra.Cli.Runtime;
using Goterra.Cli.Sessions;

namespace Goterra.Cli.Commands;

/// <summary>
/// `once KEY -- COMMAND`: runs a command on one of several machines. All get its output and exit code.
/// </summary>
internal sealed class OnceCommand : ClientCommand
{
    private static readonly TimeSpan DefaultTtl = TimeSpan.FromSeconds(30);

    private readonly Argument<string> _key = new("KEY")
    {
        Description = "Gets the output of the command if it succeeds, so that other machines can wait for it with "
            + "get KEY",
    };

    private readonly Option<string?> _ttl = new("--ttl")
    {
        Description = "How long a lost machine keeps the lease before another one runs the command "
            + "(30s)",
        HelpName = "TIME",
    };

    private readonly CommandArgument _command = new();

    public OnceCommand(CommandContext context)
        : base(
            "once",
            "Run a command on exactly one of several machines; the others wait, and get its output and exit code",
            context)
    {
        Usage = "once [options] <KEY> -- <COMMAND>...";
        Add(_key);
        Add(_ttl);
        _command.AddTo(this);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var key = ArgumentParser.Key(parsed.GetRequiredValue(_key));
        var recordKey = OnceRecord.KeyFor(key);
        var host = Dns.GetHostName();
        var terms = new LeaseTerms(
            recordKey, OnceRecord.Running(host).ToBytes(), ArgumentParser.LeaseTtl(parsed, _ttl, DefaultTtl));
        using var session = Sessions.ForDeployment(parsed, Sessions.Timeout(parsed, SessionFactory.DefaultWait));
        var command = _command.Create(parsed);
        var candidate = new LeaseCandidate(session, terms, $"once {key}", Environment.Time);

        using var interruption = new Interruption();
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(interruption.Token, cancellationToken);
        try
        {
            while (true)
            {
                OnceRecord? record = null;
                var lease = await candidate.AcquireAsync(
                    value => (record = Parse(key, recordKey, value)).IsRunning, linked.Token);
                if (lease is null && record is not null)
                    return PrintResult(key, recordKey, record);
                if (lease is null)
                    continue;
                var execution = new OnceExecution(session, lease, key, StatusWriter, Environment) { Host = host };
                if (await execution.RunAsync(command, interruption, linked.Token) is { } exitCode)
                    return exitCode;
                // The lease was lost: another machine's result counts.
            }
        }
        catch (OperationCanceledException) when (interruption.Token.IsCancellationRequested)
        {
            return interruption.ExitCode;
        }
        catch (CommandStartException exception)
        {
            throw exception.ToCliException();
        }
    }

    private static OnceRecord Parse(ValueKey key, ValueKey recordKey, byte[] value) =>
        OnceRecord.TryRead(value) ?? throw new CliException(
            ExitCode.Error,
            $"once {key}: the value of {recordKey} is not a record of once; remove it with goterra-cli rm {recordKey}");

    /// <summary>Behaves as if the command had run here.</summary>
    private int PrintResult(ValueKey key, ValueKey recordKey, OnceRecord record)
    {
        var (host, exitCode) = (record.Header.Host, record.Header.ExitCode ?? (int)ExitCode.Error);
        if (record.Header.TooLong == true)
        {
            throw new CliException(
                ExitCode.Error,
                $"once {key}: the command ran on {host} with exit code {exitCode}, "
                + $"but its output ({record.Header.OutputBytes} bytes) was too long to be stored");
        }

        Output.Write(record.Output, newline: false);
        if (exitCode != 0)
        {
            StatusWriter.WriteLine(
                $"once {key}: the command failed on {host} with exit code {exitCode}, and is not retried; "
                + $"to run it again: goterra-cli rm {recordKey}");
        }

        return exitCode;
    }
}
