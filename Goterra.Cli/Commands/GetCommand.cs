using System.CommandLine;
using System.Net;
using System.Text;
using Goterra.Cli.Arguments;
using Goterra.Cli.Output;
using Goterra.Cli.Runtime;
using Goterra.Cli.Sessions;

namespace Goterra.Cli.Commands;

/// <summary>`get KEY`: prints a value. Waits until it exists, or changes.</summary>
internal sealed class GetCommand : ClientCommand
{
    private readonly Argument<string> _key = new("KEY") { Description = "The key" };

    private readonly Option<bool> _noWait = new("--no-wait")
    {
        Description = "Exit with code 3 if the key does not exist "
            + "(--timeout then limits the time to reach the server, 1m). Same as --timeout 0",
    };

    private readonly Option<string?> _default = new("--default")
    {
        Description = "Print TEXT and exit with code 0 if the key does not exist in time (but not if the server is "
            + "unreachable)",
        HelpName = "TEXT",
    };

    private readonly Option<bool> _changed = new("--changed")
    {
        Description = "Wait until the value changes, and print the new one; if the key does not exist, wait for it. "
            + "Exit code 3: no change in time; 1: the key was removed",
    };

    private readonly Option<string?> _changedFrom = new("--changed-from")
    {
        Description = "Same, relative to the value with this ETag, so that no change between two calls is missed; "
            + "an empty ETAG stands for no value",
        HelpName = "ETAG",
    };

    private readonly Option<string?> _etagSave = new("--etag-save")
    {
        Description = "Write the ETag of the printed value to FILE, for --changed-from and put --if-match",
        HelpName = "FILE",
    };

    private readonly Option<string?> _failPrefix = new("--fail-prefix")
    {
        Description = "Exit with code 6 as soon as a key that starts with PREFIX exists; its value is the reason",
        HelpName = "PREFIX",
    };

    private readonly Option<bool> _noNewline = new("--no-newline", "-n")
    {
        Description = "Print no newline after the value",
    };

    private readonly Option<string?> _out = new("--out")
    {
        Description = "Write the exact value to FILE instead, atomically and with mode 0600",
        HelpName = "FILE",
    };

    public GetCommand(CommandContext context)
        : base("get", "Print a value; wait for it if it does not exist yet (30m, see --timeout)", context)
    {
        Add(_key);
        Add(_noWait);
        Add(_default);
        Add(_changed);
        Add(_changedFrom);
        Add(_etagSave);
        Add(_failPrefix);
        Add(_noNewline);
        Add(_out);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var key = ArgumentParser.Key(parsed.GetRequiredValue(_key));
        var failPrefix = ArgumentParser.Prefix(parsed, _failPrefix);
        var file = FileOf(parsed, _out);
        var etagFile = FileOf(parsed, _etagSave);
        var noWait = parsed.GetValue(_noWait);
        var timeout = Sessions.Timeout(parsed, noWait ? TimeSpan.Zero : SessionFactory.DefaultWait, allowZero: true);
        var waits = timeout > TimeSpan.Zero && !noWait;
        var (isChange, since) = ParseChange(parsed, waits);

        using var session = Sessions.ForDeployment(
            parsed, timeout > TimeSpan.Zero ? timeout : SessionFactory.DefaultTimeout);
        var reader = new ValueReader(session, key, failPrefix);
        var response = isChange ? await reader.WaitForChangeAsync(since, cancellationToken)
            : waits ? await reader.WaitAsync(cancellationToken)
            : await reader.ReadAsync(cancellationToken);

        var operation = $"get {key}";
        if (response is { IsSuccess: false, Status: not HttpStatusCode.NotFound })
            throw session.Failure(operation, response);
        if (isChange && response?.Status == HttpStatusCode.NotFound)
            throw new CliException(ExitCode.Error, $"{operation}: the key was removed");

        byte[] value;
        if (response is { IsSuccess: true })
            value = reader.ValueOf(response);
        else if (parsed.GetValue(_default) is { } text)
            value = Encoding.UTF8.GetBytes(text);
        else
        {
            var timedOut = waits ? $"timed out after {timeout.TotalSeconds:0}s: " : "";
            var state = isChange ? "no change" : "key not found";
            var hint = reader.Hint is null ? "" : $".{reader.Hint}";
            throw new CliException(ExitCode.TimedOut, $"{operation}: {timedOut}{state}{hint}");
        }

        var etag = etagFile is not null && response is { IsSuccess: true }
            ? response.ETag ?? throw reader.MissingETag()
            : null;

        if (file is not null)
            await file.WriteAsync(value, cancellationToken);
        else
            Output.Write(value, newline: !parsed.GetValue(_noNewline));
        // After the value: a caller that did not get the value must not wait for changes relative to it.
        if (etagFile is not null && etag is not null)
            await etagFile.WriteAsync(Encoding.ASCII.GetBytes(etag.Trim('"') + "\n"), cancellationToken);
        return (int)ExitCode.Done;
    }

    private (bool IsChange, string? Since) ParseChange(ParseResult parsed, bool waits)
    {
        var from = parsed.GetValue(_changedFrom);
        var isChange = parsed.GetValue(_changed) || from is not null;
        if (isChange && !waits)
            throw CliException.Usage("--changed and --changed-from cannot be combined with --no-wait or --timeout 0");
        if (isChange && parsed.GetValue(_default) is not null)
            throw CliException.Usage("--changed and --changed-from cannot be combined with --default");
        return (isChange, from is null or "" ? from : ArgumentParser.EntityTag(from, _changedFrom));
    }

    private static OutputFile? FileOf(ParseResult parsed, Option<string?> option) =>
        parsed.GetValue(option) is { } path ? OutputFile.At(path, option.Name) : null;
}
