using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Text;
using Goterra.Cli.Commands.Run;
using Goterra.Cli.Processes;
using Goterra.Cli.Runtime;
using Goterra.Cli.Sessions;

namespace Goterra.Cli.Commands;

/// <summary>`run --name APP -- COMMAND`: runs a command and reports its state.</summary>
internal sealed class RunCommand : ClientCommand
{
    private const int DefaultLogBytes = 65_536;
    private const int MaxLogBytes = 10_000_000;

    /// <summary>For the reports of the start, if the command has exited before they were sent.</summary>
    private static readonly TimeSpan StartReportTimeout = TimeSpan.FromSeconds(5);

    private readonly Option<string?> _name = new("--name")
    {
        Description = "The name of the app, used in keys and messages",
        HelpName = "APP",
    };

    private readonly Option<string?> _host = new("--host")
    {
        Description = "The name of this machine in the keys (default: its host name)",
        HelpName = "HOST",
    };

    private readonly Option<string?> _logBytes = new("--log-bytes")
    {
        Description = "Store the last N bytes of the output (65536); 0 stores none. "
            + "Nothing is redacted: all clients of the deployment can read what the command prints",
        HelpName = "N",
    };

    private readonly Option<bool> _failDeployment = new("--fail-deployment")
    {
        Description = "If the command fails, or this machine dies, declare the deployment failed, which ends all "
            + "waits in it; source APP@HOST. Takes that back if the command succeeds later",
    };

    private readonly CommandArgument _command = new();

    public RunCommand(CommandContext context)
        : base(
            "run",
            "Run a command and store its state, exit code, duration and last output; exits with its exit code",
            context)
    {
        Usage = "run [options] -- <COMMAND>...";
        Add(_name);
        Add(_host);
        Add(_logBytes);
        Add(_failDeployment);
        _command.AddTo(this);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var logBytes = LogBytes(parsed);
        var tail = new OutputTail(logBytes);
        var name = parsed.GetValue(_name) ?? throw CliException.Usage("run needs --name APP. See goterra-cli run -h.");
        var host = parsed.GetValue(_host) ?? Dns.GetHostName();
        var timeout = Sessions.Timeout(parsed, SessionFactory.DefaultTimeout);
        using var session = Sessions.ForDeployment(parsed, timeout);
        var reporter = new RunReporter(session, name, host, StatusWriter, Environment.Time)
        {
            FailsDeployment = parsed.GetValue(_failDeployment),
        };
        var command = _command.Create(parsed);

        using var signals = new SignalRelay();
        using var exited = new CancellationTokenSource();
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var start = Environment.Time.GetTimestamp();
        var (exitCode, reporting) =
            await RunAsync(command, tail, signals, () => reporter.ReportRunningAsync(started, exited.Token));
        var result = new RunResult(
            exitCode, Environment.Time.GetElapsedTime(start), logBytes == 0 ? null : tail.ToText());

        // A signal that arrives after the command has exited ends the reporting.
        using var aborted = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        signals.ForwardTo(_ => aborted.Cancel());
        try
        {
            await Task.WhenAny(started.Task, Task.Delay(StartReportTimeout, Environment.Time, aborted.Token));
            await exited.CancelAsync();
            await reporter.ReportExitAsync(result, timeout, aborted.Token);
            await reporting.WaitAsync(aborted.Token);
        }
        catch (OperationCanceledException) when (aborted.IsCancellationRequested)
        {
            StatusWriter.WriteLine(
                $"run {name}: interrupted before the result was stored; the command has exited with code {exitCode}");
        }

        return exitCode;
    }

    private async Task<(int ExitCode, Task Reporting)> RunAsync(
        ChildCommand command, OutputTail tail, SignalRelay signals, Func<Task> startReporting)
    {
        try
        {
            using var child = ChildProcess.Start(
                command, CopyTo(StandardStream.Output), CopyTo(StandardStream.Error), Environment.Time);
            var reporting = startReporting();
            signals.ForwardTo(child.Relay);
            return (await child.Exited, reporting);
        }
        catch (CommandStartException exception)
        {
            StatusWriter.WriteLine(exception.Message);
            tail.Add(Encoding.UTF8.GetBytes($"goterra-cli: {exception.Message}\n"));
            return (exception.ExitCode, startReporting());
        }

        OutputSink CopyTo(StandardStream stream) => bytes =>
        {
            tail.Add(bytes);
            return stream.TryWrite(bytes);
        };
    }

    private int LogBytes(ParseResult parsed)
    {
        if (parsed.GetValue(_logBytes) is not { } text)
            return DefaultLogBytes;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)
            && bytes <= MaxLogBytes
            ? bytes
            : throw CliException.Usage($"{_logBytes.Name} must be a number of bytes from 0 to {MaxLogBytes}");
    }
}
