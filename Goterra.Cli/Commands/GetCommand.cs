using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Goterra.Cli.Arguments;
using Goterra.Cli.Connection;
using Goterra.Cli.Output;

namespace Goterra.Cli.Commands;

/// <summary>`get KEY`: prints a value, and waits for it where it isn't there yet.</summary>
internal sealed class GetCommand : Command
{
    private static readonly TimeSpan DefaultWait = TimeSpan.FromMinutes(30);

    private readonly SessionFactory _sessions;
    private readonly CliEnvironment _environment;

    private readonly Argument<string> _key = new("KEY") { Description = "The key" };
    private readonly Option<bool> _noWait = new("--no-wait") { Description = "Don't wait: exit code 3 where the key is absent (--timeout is then the time to reach the server, 1m). Same as --timeout 0" };
    private readonly Option<string?> _default = new("--default") { Description = "Print TEXT, exit code 0, where the key is still absent at the end (but not where the server could not be reached)", HelpName = "TEXT" };
    private readonly Option<bool> _noNewline = new("--no-newline", "-n") { Description = "No newline after the value" };
    private readonly Option<string?> _out = new("--out") { Description = "Write exactly the value into FILE instead: mode 0600, all of it or nothing", HelpName = "FILE" };

    public GetCommand(SessionFactory sessions, CliEnvironment environment)
        : base("get", "Print a value; waits for it (30m, see --timeout) where it is not there yet")
    {
        (_sessions, _environment) = (sessions, environment);
        Add(_key);
        Add(_noWait);
        Add(_default);
        Add(_noNewline);
        Add(_out);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var key = ValueKey.Parse(parsed.GetRequiredValue(_key));
        var file = parsed.GetValue(_out) is { } path ? OutputFile.At(path) : null;
        var timeout = _sessions.Timeout(parsed, parsed.GetValue(_noWait) ? TimeSpan.Zero : DefaultWait, zero: true);
        var waits = timeout > TimeSpan.Zero && !parsed.GetValue(_noWait);

        using var session = _sessions.ForDeployment(parsed, timeout > TimeSpan.Zero ? timeout : SessionFactory.DefaultTimeout);
        var value = await ReadAsync(session, key, waits, cancellationToken);
        if (value is null && parsed.GetValue(_default) is { } otherwise)
            value = Encoding.UTF8.GetBytes(otherwise);
        if (value is null)
        {
            throw new CliException(ExitCode.TimedOut, waits
                ? $"get {key}: timed out after {timeout.TotalSeconds:0}s: nobody has put it"
                : $"get {key}: there is no such key");
        }

        if (file is not null)
            await file.WriteAsync(value, cancellationToken);
        else
            await new ValueOutput(_environment.Output).WriteAsync(value, newline: !parsed.GetValue(_noNewline), cancellationToken);
        return (int)ExitCode.Done;
    }

    private static async Task<byte[]?> ReadAsync(Session session, ValueKey key, bool waits, CancellationToken cancellationToken)
    {
        var doing = $"get {key}";
        // The same for all requests of this wait: the server shows them as one waiter.
        (string, string)[] headers =
        [
            ("X-Wait-Id", RandomNumberGenerator.GetHexString(32, lowercase: true)),
            ("X-Client-Name", ClientName()),
        ];

        var reply = waits
            ? await session.Patient.WaitAsync(doing, Request, cancellationToken)
            : (await session.Patient.SendAsync(doing, Request(null), cancellationToken)).Reply;

        if (reply is null or { Status: System.Net.HttpStatusCode.NotFound })
            return null;
        return reply.IsSuccess ? ValueOf(reply, doing) : throw session.Failure(doing, reply);

        StoreRequest Request(string? wait) =>
            new(HttpMethod.Get, session.Address.Value(session.Deployment, key, wait is null ? "" : $"wait={wait}"))
            {
                Accept = "application/octet-stream",
                Headers = headers,
            };
    }

    private static byte[] ValueOf(Reply reply, string doing)
    {
        if (reply.MediaType is "application/octet-stream" or "text/plain")
            return reply.Body;
        if (reply.IsJson && ReadJson(reply.Body) is { } value)
            return Encoding.UTF8.GetBytes(value);
        // Such as the page of a proxy that wants a login.
        throw new CliException(ExitCode.Error, $"{doing}: the answer ({reply.MediaType ?? "of no type"}) is no value; is --url (GOT_URL) right?");
    }

    // Servers of the original answer with JSON, whatever is asked for.
    private static string? ReadJson(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, WireJson.Default.StoredValue)?.Value;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string ClientName()
    {
        var name = Environment.MachineName;
        return name.Length > 0 && name.All(character => character is > ' ' and < (char)127) ? name : "unnamed";
    }
}
