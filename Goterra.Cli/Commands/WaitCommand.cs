using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Goterra.Cli.Arguments;
using Goterra.Cli.Connection;
using Goterra.Cli.Output;

namespace Goterra.Cli.Commands;

/// <summary>`wait --prefix P --count N`: a barrier. Waits until N keys begin with P, and prints their values.</summary>
internal sealed class WaitCommand : Command
{
    private readonly SessionFactory _sessions;
    private readonly CliEnvironment _environment;

    private readonly Option<string?> _prefix = new("--prefix") { Description = "Which keys count: those that begin with PREFIX", HelpName = "PREFIX" };
    private readonly Option<string?> _count = new("--count") { Description = "How many there must be: exit code 3 where there are too few in time. --timeout 0 looks once", HelpName = "N" };
    private readonly Option<string?> _failPrefix = new("--fail-prefix") { Description = "End the wait, exit code 6, as soon as there is a key that begins with PREFIX; its value is the reason", HelpName = "PREFIX" };
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object instead, value by key: for values of several lines, which take several lines otherwise" };

    public WaitCommand(SessionFactory sessions, CliEnvironment environment)
        : base("wait", "Wait (30m, see --timeout) until N keys begin with PREFIX, and print their values, a line each, in the order of the keys")
    {
        (_sessions, _environment) = (sessions, environment);
        Add(_prefix);
        Add(_count);
        Add(_failPrefix);
        Add(_json);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var prefix = KeyPrefix.Of(parsed, _prefix) ?? throw CliException.Usage("wait needs --prefix PREFIX. See goterra-cli wait -h.");
        var count = CountOf(parsed);
        var failPrefix = KeyPrefix.Of(parsed, _failPrefix);
        var timeout = _sessions.Timeout(parsed, SessionFactory.DefaultWait, zero: true);

        using var session = _sessions.ForDeployment(parsed, timeout > TimeSpan.Zero ? timeout : SessionFactory.DefaultTimeout);
        var doing = $"wait {prefix}";
        var waitId = RandomId.WaitHeader();
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var waited = timeout > TimeSpan.Zero
            ? await session.Patient.WaitAsync(doing, Request, IsNotYet, cancellationToken)
            : Once((await session.Patient.SendAsync(doing, Request(null), cancellationToken)).Reply);

        if (waited.Answer is null)
            throw TooFew(waited.NotYet);
        if (!waited.Answer.IsSuccess)
            throw session.Failure(doing, waited.Answer);
        Print(values, parsed.GetValue(_json));
        return (int)ExitCode.Done;

        StoreRequest Request(string? wait)
        {
            var query = string.Create(
                CultureInfo.InvariantCulture,
                $"filter={prefix.Escaped}&count={count}{(wait is null ? "" : $"&wait={wait}")}{(failPrefix is null ? "" : $"&fail={failPrefix.Escaped}")}");
            return new StoreRequest(HttpMethod.Get, session.Address.Deployment(session.Deployment, query)) { Headers = [waitId] };
        }

        // Counted here too: a server that doesn't know barriers answers with whatever is there.
        bool IsNotYet(Reply reply)
        {
            if (!reply.IsSuccess)
                return reply.Status == HttpStatusCode.NotFound;
            values.Clear();
            foreach (var (key, value) in (Listing.Read(reply.Body) ?? throw Verdict.NotOurs(doing)).Values())
            {
                if (key.StartsWith(prefix.Text, StringComparison.Ordinal))
                    values[key] = value;
            }

            return values.Count < count;
        }

        Waited Once(Reply reply) => IsNotYet(reply) ? new Waited(null, reply) : new Waited(reply, null);

        CliException TooFew(Reply? last)
        {
            var state = last is null or { IsSuccess: true } ? $"{values.Count} of {count}" : session.Redact(last.Explanation);
            return new CliException(
                ExitCode.TimedOut, $"{doing}: {(timeout > TimeSpan.Zero ? $"timed out after {timeout.TotalSeconds:0}s: " : "")}{state}");
        }
    }

    private int CountOf(ParseResult parsed)
    {
        if (parsed.GetValue(_count) is not { } text)
            throw CliException.Usage("wait needs --count N. See goterra-cli wait -h.");
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
            ? count
            : throw CliException.Usage("--count must be a number from 1 up");
    }

    private void Print(SortedDictionary<string, string> values, bool json)
    {
        var output = new ValueOutput(_environment.Output);
        if (json)
        {
            var document = JsonSerializer.SerializeToUtf8Bytes(values, WireJson.Default.SortedDictionaryStringString);
            output.WriteJson(document);
            return;
        }

        var lines = new StringBuilder();
        foreach (var value in values.Values)
        {
            lines.Append(value);
            if (!value.EndsWith('\n'))
                lines.Append('\n');
        }

        output.WriteText(lines.ToString());
    }
}
