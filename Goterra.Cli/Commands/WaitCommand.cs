using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Goterra.Cli.Arguments;
using Goterra.Cli.Http;
using Goterra.Cli.Output;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;
using Goterra.Cli.Sessions;

namespace Goterra.Cli.Commands;

/// <summary>`wait --prefix P --count N`: a barrier. Waits until N keys start with P, and prints their values.</summary>
internal sealed class WaitCommand : ClientCommand
{
    private readonly Option<string?> _prefix = new("--prefix")
    {
        Description = "Count the keys that start with PREFIX",
        HelpName = "PREFIX",
    };

    private readonly Option<string?> _count = new("--count")
    {
        Description = "How many keys to wait for; exits with code 3 if there are fewer at the timeout. "
            + "--timeout 0 checks once",
        HelpName = "N",
    };

    private readonly Option<string?> _failPrefix = new("--fail-prefix")
    {
        Description = "Exit with code 6 as soon as a key that starts with PREFIX exists; its value is the reason",
        HelpName = "PREFIX",
    };

    private readonly Option<bool> _json = new("--json")
    {
        Description = "Print one JSON object with the value of each key; use it if values have several lines",
    };

    public WaitCommand(CommandContext context)
        : base(
            "wait",
            "Wait (30m, see --timeout) until N keys start with PREFIX, and print their values, one per line, "
            + "ordered by key",
            context)
    {
        Add(_prefix);
        Add(_count);
        Add(_failPrefix);
        Add(_json);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var prefix = ArgumentParser.Prefix(parsed, _prefix)
            ?? throw CliException.Usage("wait needs --prefix PREFIX. See goterra-cli wait -h.");
        var count = Count(parsed);
        var failPrefix = ArgumentParser.Prefix(parsed, _failPrefix);
        var timeout = Sessions.Timeout(parsed, SessionFactory.DefaultWait, allowZero: true);
        var waits = timeout > TimeSpan.Zero;

        using var session = Sessions.ForDeployment(parsed, waits ? timeout : SessionFactory.DefaultTimeout);
        var operation = $"wait {prefix}";
        var waitId = StoreRequest.NewWaitId();
        var values = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        var result = waits
            ? await session.Client.WaitAsync(operation, CreateRequest, IsPending, cancellationToken)
            : CheckOnce(
                (await session.Client.SendAsync(operation, CreateRequest(wait: null), cancellationToken)).Response);

        if (result.Response is null)
            throw TooFew(result.Pending);
        if (!result.Response.IsSuccess)
            throw session.Failure(operation, result.Response);
        Print(values, parsed.GetValue(_json));
        return (int)ExitCode.Done;

        StoreRequest CreateRequest(string? wait)
        {
            var query = string.Create(
                CultureInfo.InvariantCulture, $"filter={Escape(prefix)}&count={count}&encoding=base64");
            if (wait is not null)
                query += $"&wait={wait}";
            if (failPrefix is not null)
                query += $"&fail={Escape(failPrefix)}";
            return StoreRequest.Get(session.DeploymentUrl(query)) with { Headers = [waitId] };
        }

        // The client counts too: a server that does not support barriers responds with the keys that exist.
        bool IsPending(StoreResponse response)
        {
            if (!response.IsSuccess)
                return response.Status == HttpStatusCode.NotFound;
            var listing = DeploymentOverview.TryRead(response.Body) ?? throw ExitCodes.NotGoterra(operation);
            values.Clear();
            foreach (var (key, value) in listing.Bytes())
            {
                if (key.StartsWith(prefix.Text, StringComparison.Ordinal))
                    values[key] = value;
            }

            return values.Count < count;
        }

        WaitCompletion CheckOnce(StoreResponse response) =>
            IsPending(response) ? new WaitCompletion(null, response) : new WaitCompletion(response, null);

        CliException TooFew(StoreResponse? last)
        {
            var state = last is null or { IsSuccess: true }
                ? $"{values.Count} of {count}"
                : session.Redact(last.Explanation);
            var timedOut = waits ? $"timed out after {timeout.TotalSeconds:0}s: " : "";
            return new CliException(ExitCode.TimedOut, $"{operation}: {timedOut}{state}");
        }
    }

    private static string Escape(KeyPrefix prefix) => Uri.EscapeDataString(prefix.Text);

    private int Count(ParseResult parsed)
    {
        if (parsed.GetValue(_count) is not { } text)
            throw CliException.Usage("wait needs --count N. See goterra-cli wait -h.");
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
            ? count
            : throw CliException.Usage("--count must be a number, at least 1");
    }

    private void Print(SortedDictionary<string, byte[]> values, bool json)
    {
        if (json)
        {
            var texts = new SortedDictionary<string, string>(StringComparer.Ordinal);
            foreach (var (key, value) in values)
                texts[key] = TextOf(key, value);
            Output.WriteJson(
                JsonSerializer.SerializeToUtf8Bytes(texts, ProtocolJson.Default.SortedDictionaryStringString));
            return;
        }

        foreach (var value in values.Values)
            Output.Write(value, newline: value is not [.., (byte)'\n']);
    }

    private static string TextOf(string key, byte[] value) =>
        Utf8.IsValid(value) ? Encoding.UTF8.GetString(value) : throw new CliException(
            ExitCode.Error,
            $"wait: the value of {StatusWriter.Escape(key)} is not text, and JSON cannot contain it. Omit --json, or "
            + $"run: goterra-cli get {StatusWriter.Escape(key)}");
}
