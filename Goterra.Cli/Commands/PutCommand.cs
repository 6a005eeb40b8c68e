using System.CommandLine;
using Goterra.Cli.Arguments;
using Goterra.Cli.Connection;
using Goterra.Cli.Values;

namespace Goterra.Cli.Commands;

/// <summary>`put KEY VALUE`: stores a value.</summary>
internal sealed class PutCommand : Command
{
    private readonly SessionFactory _sessions;
    private readonly CliEnvironment _environment;

    private readonly Argument<string> _key = new("KEY") { Description = "The key" };
    private readonly Argument<string> _value = new("VALUE") { Description = "The text itself, a leading dash included; @FILE for a file; - for stdin (also for a text that is - or begins with @)" };
    private readonly Option<bool> _ifAbsent = new("--if-absent") { Description = "Only where the key does not exist yet, else exit code 8. Options stand before the KEY" };
    private readonly Option<string?> _ifMatch = new("--if-match") { Description = "Only where the key still has this ETag (see get --etag-save), else exit code 8", HelpName = "ETAG" };

    public PutCommand(SessionFactory sessions, CliEnvironment environment)
        : base("put", "Store a value; everything after KEY is the value, so options stand before KEY")
    {
        (_sessions, _environment) = (sessions, environment);
        Add(_key);
        Add(_value);
        Add(_ifAbsent);
        Add(_ifMatch);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var key = ValueKey.Parse(parsed.GetRequiredValue(_key));
        var condition = ConditionOf(parsed);
        var timeout = _sessions.Timeout(parsed, SessionFactory.DefaultTimeout);
        // Before the deadline begins: whoever writes to our stdin may take its time.
        var value = await ValueSource.ReadAsync(parsed.GetRequiredValue(_value), _environment, cancellationToken);
        using var session = _sessions.ForDeployment(parsed, timeout);

        var doing = $"put {key}";
        var reply = await new ValueWriter(session, session.Patient).PutAsync(doing, key, value, [.. condition, .. Fence.Headers(session.Fence)], cancellationToken);
        return reply.IsSuccess ? (int)ExitCode.Done : throw session.Failure(doing, reply);
    }

    private (string, string)[] ConditionOf(ParseResult parsed)
    {
        var etag = parsed.GetValue(_ifMatch);
        if (etag is not null && parsed.GetValue(_ifAbsent))
            throw CliException.Usage("--if-absent and --if-match exclude each other");
        if (etag is null && !parsed.GetValue(_ifAbsent))
            return [];

        // The same for all attempts: the winner whose first answer was lost must not learn from the second that it lost.
        var idempotencyKey = ("Idempotency-Key", RandomId.New());
        return [etag is null ? ("If-None-Match", "*") : ("If-Match", EntityTag.Parse(etag, _ifMatch.Name)), idempotencyKey];
    }
}
