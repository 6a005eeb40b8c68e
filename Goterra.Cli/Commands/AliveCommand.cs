using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Text;
using Goterra.Cli.Arguments;
using Goterra.Cli.Leases;
using Goterra.Cli.Output;
using Goterra.Cli.Processes;
using Goterra.Cli.Runtime;
using Goterra.Cli.Sessions;

namespace Goterra.Cli.Commands;

/// <summary>`alive NAME`: a dead man's switch. The deployment fails if the machine dies.</summary>
internal sealed class AliveCommand : ClientCommand
{
    private static readonly TimeSpan DefaultTtl = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ParentInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReleaseTimeout = TimeSpan.FromSeconds(10);

    private readonly Argument<string> _name = new("NAME")
    {
        Description = "A key, which exists while this machine is alive; also the source of the failure",
    };

    private readonly Option<string?> _ttl = new("--ttl")
    {
        Description = "The deployment fails if no heartbeat arrives for this long (30s)",
        HelpName = "TIME",
    };

    private readonly Option<string?> _reason = new("--reason")
    {
        Description = "The reason of the failure (default: no heartbeat from NAME)",
        HelpName = "TEXT",
    };

    private readonly Option<string?> _source = new("--source")
    {
        Description = "The source of the failure, for resume (default: NAME)",
        HelpName = "NAME",
    };

    private readonly Option<bool> _detached = new("--detached")
    {
        Description = "Without a COMMAND: continue after the process that started this one has ended",
    };

    private readonly CommandArgument _command = new();

    public AliveCommand(CommandContext context)
        : base(
            "alive",
            "Hold a dead man's switch: if this machine dies, the deployment fails. "
            + "Gives it back on SIGTERM or SIGINT, or when COMMAND succeeds; if COMMAND fails, the deployment fails at "
            + "once. Without COMMAND, ends without giving it back when the process that started it has ended",
            context)
    {
        Usage = "alive [options] <NAME> [-- <COMMAND>...]";
        Add(_ttl);
        Add(_reason);
        Add(_source);
        Add(_detached);
        Add(_name);
        _command.AddTo(this);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        // First: it may end while the switch is being armed.
        var parent = parsed.GetValue(_detached) || OperatingSystem.IsWindows() ? (int?)null : Libc.ParentProcess();
        var key = ArgumentParser.Key(parsed.GetRequiredValue(_name));
        var source = ArgumentParser.Source(parsed, _source) ?? FailureSource.Parse(key.Text);
        var reason = parsed.GetValue(_reason) is { Length: > 0 } given ? given : $"no heartbeat from {key}";
        var value = Encoding.UTF8.GetBytes(Dns.GetHostName());
        var terms = new LeaseTerms(key, value, ArgumentParser.LeaseTtl(parsed, _ttl, DefaultTtl))
        {
            OnLapse = new LapseTerms(source, reason),
        };
        var command = _command.IsGiven(parsed) ? _command.Create(parsed) : null;
        var timeout = Sessions.Timeout(parsed, SessionFactory.DefaultTimeout);
        using var session = Sessions.ForDeployment(parsed, timeout);
        using var interruption = new Interruption();
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(interruption.Token, cancellationToken);
        var deadMansSwitch = new DeadMansSwitch(session, terms, StatusWriter, Environment.Time);
        try
        {
            await deadMansSwitch.ArmAsync(linked.Token);
            return command is null
                ? await HoldAsync(deadMansSwitch, terms, parent, linked.Token)
                : await RunAsync(new Guarded(deadMansSwitch, session, source, timeout), command, interruption);
        }
        catch (OperationCanceledException) when (interruption.Token.IsCancellationRequested)
        {
            var isReleased = await ReleaseAsync(deadMansSwitch, terms.Key);
            return command is null && isReleased ? (int)ExitCode.Done : interruption.ExitCode;
        }
        catch (CommandStartException exception)
        {
            await ReleaseAsync(deadMansSwitch, terms.Key);
            throw exception.ToCliException();
        }
    }

    private async Task<int> HoldAsync(
        DeadMansSwitch deadMansSwitch, LeaseTerms terms, int? parent, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var keeping = deadMansSwitch.KeepArmedAsync(ended.Token);
        var orphaned = parent is { } process ? WaitForEndOfParentAsync(process, ended.Token) : keeping;
        await Task.WhenAny(keeping, orphaned);
        var isOrphan = orphaned != keeping && orphaned.IsCompletedSuccessfully
            && !cancellationToken.IsCancellationRequested;
        await ended.CancelAsync();
        if (await keeping is { } loss)
            throw loss;
        if (!isOrphan)
            return await ReleaseAsync(deadMansSwitch, terms.Key) ? (int)ExitCode.Done : (int)ExitCode.Error;

        throw new CliException(
            ExitCode.Error,
            $"{Name} {terms.Key}: the process that started it has ended without giving it back: the deployment fails "
            + $"within {Humanizer.Duration(terms.Ttl)}");
    }

    private async Task<int> RunAsync(Guarded guarded, ChildCommand command, Interruption interruption)
    {
        using var child = ChildProcess.Start(command, output: null, error: null, Environment.Time);
        using var relaying = interruption.RelayTo(child);
        using var exited = new CancellationTokenSource();
        var keeping = guarded.Switch.KeepArmedAsync(exited.Token);
        if (await Task.WhenAny(child.Exited, keeping) == keeping && await keeping is { } loss)
            StatusWriter.WriteLine($"{loss.Message}; the command continues to run");
        var exitCode = await child.Exited;
        await exited.CancelAsync();
        await keeping;
        await ReportAsync(guarded, exitCode);
        return exitCode;
    }

    /// <summary>
    /// Takes back what an earlier attempt has reported, or reports this one; then gives the switch back.
    /// </summary>
    private async Task ReportAsync(Guarded guarded, int exitCode)
    {
        var operation = $"{Name} {guarded.Source}";
        var request = exitCode == 0
            ? guarded.Session.ResumeRequest(reason: null, guarded.Source)
            : guarded.Session.FailRequest(
                string.Create(CultureInfo.InvariantCulture, $"{guarded.Source} failed with exit code {exitCode}"),
                guarded.Source);
        try
        {
            var client = guarded.Session.WithTimeout(guarded.Timeout);
            var (response, _) = await client.SendAsync(operation, request, CancellationToken.None);
            if (!response.IsSuccess)
                StatusWriter.WriteLine(guarded.Session.Failure(operation, response).Message);
            if (response.IsSuccess || exitCode == 0)
                await ReleaseAsync(guarded.Switch, guarded.Source);
        }
        catch (CliException exception)
        {
            StatusWriter.WriteLine($"{exception.Message}; the command has exited with code {exitCode}");
        }
    }

    private async Task<bool> ReleaseAsync(DeadMansSwitch deadMansSwitch, object name)
    {
        var isReleased = await deadMansSwitch.ReleaseAsync(ReleaseTimeout);
        if (!isReleased)
            StatusWriter.WriteLine($"{Name} {name}: could not be given back: the deployment fails when it lapses");
        return isReleased;
    }

    /// <summary>Completes when the process that has started this one has ended.</summary>
    private async Task WaitForEndOfParentAsync(int parent, CancellationToken cancellationToken)
    {
        while (Libc.ParentProcess() == parent)
            await Task.Delay(ParentInterval, Environment.Time, cancellationToken);
    }

    private sealed record Guarded(
        DeadMansSwitch Switch, Session Session, FailureSource Source, TimeSpan Timeout);
}
