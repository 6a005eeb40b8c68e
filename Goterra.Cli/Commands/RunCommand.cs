using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Text;
using Goterra.Cli.Apps;
using Goterra.Cli.Connection;
using Goterra.Cli.Output;
using Goterra.Cli.Processes;

namespace Goterra.Cli.Commands;

/// <summary>`run --name APP -- COMMAND`: runs a command and stores how it goes.</summary>
internal sealed class RunCommand : Command
{
    private const int DefaultLog = 65_536;
    private const int LongestLog = 10_000_000;

    /// <summary>For a request about the start that is under way when the command is over already.</summary>
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(5);

    private readonly SessionFactory _sessions;
    private readonly CliEnvironment _environment;
    private readonly Talk _talk;

    private readonly Option<string?> _name = new("--name") { Description = "What the others know it as", HelpName = "APP" };
    private readonly Option<string?> _host = new("--host") { Description = "This machine's name in the keys, its host name if not given", HelpName = "HOST" };
    private readonly Option<string?> _logBytes = new("--log-bytes") { Description = "Store the last N bytes of its output (65536); 0 stores none. Nothing is taken out of them: what the command prints, everybody in the deployment can read", HelpName = "N" };
    private readonly Option<bool> _failDeployment = new("--fail-deployment") { Description = "Where it fails, the deployment has failed: everybody who waits in it stops" };
    private readonly Option<bool> _passCredentials = new("--pass-credentials") { Description = "Leave GOT_TOKEN, GOT_TOKEN_FILE, GOT_APIKEY and GOT_TICKET in the command's environment" };
    private readonly CommandWords _command = new();

    public RunCommand(SessionFactory sessions, CliEnvironment environment, Talk talk)
        : base("run", "Run a command, and store its state, exit code, duration and last output; ends with its exit code")
    {
        (_sessions, _environment, _talk) = (sessions, environment, talk);
        Add(_name);
        Add(_host);
        Add(_logBytes);
        Add(_failDeployment);
        Add(_passCredentials);
        _command.AddTo(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var tail = new OutputTail(LogBytes(parsed));
        var name = parsed.GetValue(_name) ?? throw CliException.Usage("run needs --name: what the others know the command as");
        var host = parsed.GetValue(_host) ?? Dns.GetHostName();
        var patience = _sessions.Timeout(parsed, SessionFactory.DefaultTimeout);
        using var session = _sessions.ForDeployment(parsed, patience);
        var reporter = new AppReporter(session, name, host, _talk, _environment.Time);
        var variables = ProcessEnvironment.OfThisProcess();
        var command = _command.Of(parsed, parsed.GetValue(_passCredentials) ? variables : variables.WithoutCredentials());

        using var signals = new SignalRelay();
        using var over = new CancellationTokenSource();
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var start = _environment.Time.GetTimestamp();
        var (exitCode, accompanied) = await RunAsync(command, tail, signals, () => reporter.AccompanyAsync(started, over.Token));
        var end = new AppEnd(exitCode, _environment.Time.GetElapsedTime(start));

        // A second signal, when the command is over: somebody has no time for what is still to be told.
        using var hurry = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        signals.To(_ => hurry.Cancel());
        try
        {
            await Task.WhenAny(started.Task, Task.Delay(StartPatience, _environment.Time, hurry.Token));
            await over.CancelAsync();
            await reporter.EndAsync(end, LogBytes(parsed) == 0 ? null : tail.ToText(), parsed.GetValue(_failDeployment), patience, hurry.Token);
            await accompanied.WaitAsync(hurry.Token);
        }
        catch (OperationCanceledException) when (hurry.IsCancellationRequested)
        {
            _talk.Say($"run {name}: told to end before it was stored that the command ended with exit code {exitCode}");
        }

        return exitCode;
    }

    private async Task<(int ExitCode, Task Accompanied)> RunAsync(ChildCommand command, OutputTail tail, SignalRelay signals, Func<Task> accompany)
    {
        try
        {
            using var child = ChildProcess.Start(command, Through(StandardStream.Output), Through(StandardStream.Error), _environment.Time);
            var accompanied = accompany();
            signals.To(child.Relay);
            return (await child.Ended, accompanied);
        }
        catch (CannotStartException problem)
        {
            _talk.Say(problem.Message);
            tail.Add(Encoding.UTF8.GetBytes($"goterra-cli: {problem.Message}\n"));
            return (problem.ExitCode, accompany());
        }

        OutputTap Through(StandardStream stream) => bytes =>
        {
            tail.Add(bytes);
            return stream.TryWrite(bytes);
        };
    }

    private int LogBytes(ParseResult parsed)
    {
        if (parsed.GetValue(_logBytes) is not { } text)
            return DefaultLog;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) && bytes <= LongestLog
            ? bytes
            : throw CliException.Usage($"{_logBytes.Name} must be a number of bytes from 0 to {LongestLog}");
    }
}
