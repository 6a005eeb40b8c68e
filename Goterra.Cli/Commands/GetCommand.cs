using System.CommandLine;
using System.Net;
using System.Text;
using Goterra.Cli.Arguments;
using Goterra.Cli.Connection;
using Goterra.Cli.Output;
using Goterra.Cli.Values;

namespace Goterra.Cli.Commands;

/// <summary>`get KEY`: prints a value, and waits for it where it isn't there yet, or for its next change.</summary>
internal sealed class GetCommand : Command
{
    private readonly SessionFactory _sessions;
    private readonly CliEnvironment _environment;

    private readonly Argument<string> _key = new("KEY") { Description = "The key" };
    private readonly Option<bool> _noWait = new("--no-wait") { Description = "Don't wait: exit code 3 where the key is absent (--timeout is then the time to reach the server, 1m). Same as --timeout 0" };
    private readonly Option<string?> _default = new("--default") { Description = "Print TEXT, exit code 0, where the key is still absent at the end (but not where the server could not be reached)", HelpName = "TEXT" };
    private readonly Option<bool> _changed = new("--changed") { Description = "Wait until the value is another than now, and print that; where the key is absent now: until it is there. Exit code 3: no change in time; 1: the key was removed" };
    private readonly Option<string?> _changedFrom = new("--changed-from") { Description = "The same, counted from the value with this ETag, so that no change between two calls is missed; an empty ETAG: from no value", HelpName = "ETAG" };
    private readonly Option<string?> _etagSave = new("--etag-save") { Description = "Write the ETag of the printed value into FILE, for --changed-from and put --if-match", HelpName = "FILE" };
    private readonly Option<string?> _failPrefix = new("--fail-prefix") { Description = "End the wait, exit code 6, as soon as there is a key that begins with PREFIX; its value is the reason", HelpName = "PREFIX" };
    private readonly Option<bool> _noNewline = new("--no-newline", "-n") { Description = "No newline after the value" };
    private readonly Option<string?> _out = new("--out") { Description = "Write exactly the value into FILE instead: mode 0600, all of it or nothing", HelpName = "FILE" };

    public GetCommand(SessionFactory sessions, CliEnvironment environment)
        : base("get", "Print a value; waits for it (30m, see --timeout) where it is not there yet")
    {
        (_sessions, _environment) = (sessions, environment);
        Add(_key);
        Add(_noWait);
        Add(_default);
        Add(_changed);
        Add(_changedFrom);
        Add(_etagSave);
        Add(_failPrefix);
        Add(_noNewline);
        Add(_out);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var key = ValueKey.Parse(parsed.GetRequiredValue(_key));
        var failPrefix = KeyPrefix.Of(parsed, _failPrefix);
        var file = FileOf(parsed, _out);
        var etagFile = FileOf(parsed, _etagSave);
        var timeout = _sessions.Timeout(parsed, parsed.GetValue(_noWait) ? TimeSpan.Zero : SessionFactory.DefaultWait, zero: true);
        var waits = timeout > TimeSpan.Zero && !parsed.GetValue(_noWait);
        var change = ChangeOf(parsed, waits);

        using var session = _sessions.ForDeployment(parsed, timeout > TimeSpan.Zero ? timeout : SessionFactory.DefaultTimeout);
        var reader = new ValueReader(session, key, failPrefix);
        var reply = change.IsWanted ? await reader.WaitForChangeAsync(change.Since, cancellationToken)
            : waits ? await reader.WaitAsync(cancellationToken)
            : await reader.ReadAsync(cancellationToken);

        var doing = $"get {key}";
        if (reply is { IsSuccess: false, Status: not HttpStatusCode.NotFound })
            throw session.Failure(doing, reply);
        if (change.IsWanted && reply?.Status == HttpStatusCode.NotFound)
            throw new CliException(ExitCode.Error, $"{doing}: the key was removed");

        byte[] value;
        if (reply is { IsSuccess: true })
            value = reader.ValueOf(reply);
        else if (parsed.GetValue(_default) is { } otherwise)
            value = Encoding.UTF8.GetBytes(otherwise);
        else
            throw new CliException(ExitCode.TimedOut, !waits ? $"{doing}: there is no such key" : $"{doing}: timed out after {timeout.TotalSeconds:0}s: {(change.IsWanted ? "no change" : "nobody has put it")}");

        var etag = etagFile is not null && reply is { IsSuccess: true } ? reply.ETag ?? throw reader.WithoutETag() : null;
        if (file is not null)
            await file.WriteAsync(value, cancellationToken);
        else
            new ValueOutput(_environment.Output).Write(value, newline: !parsed.GetValue(_noNewline));
        // After the value: whoever did not get that must not take it for known.
        if (etagFile is not null && etag is not null)
            await etagFile.WriteAsync(Encoding.ASCII.GetBytes(etag.Trim('"') + "\n"), cancellationToken);
        return (int)ExitCode.Done;
    }

    private (bool IsWanted, string? Since) ChangeOf(ParseResult parsed, bool waits)
    {
        var from = parsed.GetValue(_changedFrom);
        var isWanted = parsed.GetValue(_changed) || from is not null;
        if (isWanted && !waits)
            throw CliException.Usage("--changed and --changed-from wait, and can't be combined with --no-wait or --timeout 0");
        if (isWanted && parsed.GetValue(_default) is not null)
            throw CliException.Usage("--changed and --changed-from can't be combined with --default");
        return (isWanted, from is null or "" ? from : EntityTag.Parse(from, _changedFrom.Name));
    }

    private static OutputFile? FileOf(ParseResult parsed, Option<string?> option) =>
        parsed.GetValue(option) is { } path ? OutputFile.At(path, option.Name) : null;
}
