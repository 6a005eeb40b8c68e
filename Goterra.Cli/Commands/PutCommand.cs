using System.CommandLine;
using System.Net;
using Goterra.Cli.Arguments;
using Goterra.Cli.Runtime;
using Goterra.Cli.Sessions;

namespace Goterra.Cli.Commands;

/// <summary>`put KEY VALUE`: stores a value.</summary>
internal sealed class PutCommand : ClientCommand
{
    private readonly Argument<string> _key = new("KEY") { Description = "The key" };

    private readonly Argument<string> _value = new("VALUE")
    {
        Description = "The text itself, which may begin with a dash; @FILE for a file; "
            + "- for stdin (also for text that is - or begins with @)",
    };

    private readonly Option<bool> _ifAbsent = new("--if-absent")
    {
        Description = "Only if the key does not exist, otherwise exit with code 8. Options must precede KEY",
    };

    private readonly Option<string?> _ifMatch = new("--if-match")
    {
        Description = "Only if the value still has this ETag (see get --etag-save), otherwise exit with code 8",
        HelpName = "ETAG",
    };

    public PutCommand(CommandContext context)
        : base("put", "Store a value. Everything after KEY is the value, so options must precede KEY", context)
    {
        Usage = "put [options] <KEY> <VALUE>";
        Add(_key);
        Add(_value);
        Add(_ifAbsent);
        Add(_ifMatch);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var key = ArgumentParser.Key(parsed.GetRequiredValue(_key));
        var condition = ConditionHeaders(parsed);
        var timeout = Sessions.Timeout(parsed, SessionFactory.DefaultTimeout);
        // Before the deadline starts: the program that writes to stdin may be slow.
        var value = await ValueArgument.ReadAsync(parsed.GetRequiredValue(_value), Environment, cancellationToken);
        using var session = Sessions.ForDeployment(parsed, timeout);

        var operation = $"put {key}";
        (string, string)[] headers = [.. condition, .. LeaseFence.Headers(session.Fence)];
        var writer = new ValueWriter(session, session.Client);
        var response = await writer.PutAsync(operation, key, value, headers, cancellationToken);
        if (response.IsSuccess)
            return (int)ExitCode.Done;
        // With a fence, only the server knows which condition was not met.
        if (response.Status == HttpStatusCode.PreconditionFailed && session.Fence is null)
        {
            var reason = parsed.GetValue(_ifAbsent) ? "the key exists already (--if-absent)"
                : "the value has changed since that ETag, or was removed (--if-match)";
            throw new CliException(ExitCode.LostRace, $"{operation}: {reason}; nothing was written");
        }

        throw session.Failure(operation, response);
    }

    private (string, string)[] ConditionHeaders(ParseResult parsed)
    {
        var etag = parsed.GetValue(_ifMatch);
        var ifAbsent = parsed.GetValue(_ifAbsent);
        if (etag is not null && ifAbsent)
            throw CliException.Usage("--if-absent and --if-match cannot be combined");
        if (etag is null && !ifAbsent)
            return [];

        // The same in all attempts: if the response to a successful one is lost, the next must not report a lost race.
        var idempotencyKey = ("Idempotency-Key", RandomId.New());
        var condition = etag is null ? ("If-None-Match", "*") : ("If-Match", ArgumentParser.EntityTag(etag, _ifMatch));
        return [condition, idempotencyKey];
    }
}
