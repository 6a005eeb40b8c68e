using System.CommandLine;
using System.Text;
using Goterra.Cli.Arguments;
using Goterra.Cli.Connection;
using Goterra.Cli.Output;
using Goterra.Cli.Processes;
using Goterra.Cli.Values;

namespace Goterra.Cli.Commands;

/// <summary>`exec -- COMMAND`: becomes that command, with the deployment's values in its environment.</summary>
internal sealed class ExecCommand : Command
{
    /// <summary>Linux, MAX_ARG_STRLEN: 32 pages of 4 KB, with the zero at the end.</summary>
    private const int LongestVariable = 131_071;

    private readonly SessionFactory _sessions;
    private readonly Talk _talk;

    private readonly Option<string?> _prefix = new("--prefix") { Description = "Only keys that begin with PREFIX", HelpName = "PREFIX" };
    private readonly Option<bool> _plain = new("--plain") { Description = "Name the variables after the keys, and not GOT_VALUE_KEY; without --prefix, where that ends with a slash. Names that the loader, shells or tools act on are refused" };
    private readonly Option<bool> _passCredentials = new("--pass-credentials") { Description = "Leave GOT_TOKEN, GOT_TOKEN_FILE, GOT_APIKEY and GOT_TICKET in the command's environment" };
    private readonly CommandWords _command = new();

    public ExecCommand(SessionFactory sessions, Talk talk)
        : base("exec", "Become a command that has the values in its environment, as GOT_VALUE_KEY")
    {
        (_sessions, _talk) = (sessions, talk);
        Add(_prefix);
        Add(_plain);
        Add(_passCredentials);
        _command.AddTo(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var prefix = KeyPrefix.Of(parsed, _prefix);
        var own = ProcessEnvironment.OfThisProcess();
        var environment = parsed.GetValue(_passCredentials) ? own : own.WithoutCredentials();
        using (var session = _sessions.ForDeployment(parsed, _sessions.Timeout(parsed, SessionFactory.DefaultTimeout)))
        {
            foreach (var (name, value) in await VariablesAsync(session, prefix, parsed.GetValue(_plain), cancellationToken))
                environment = environment.With(name, value);
        }

        try
        {
            throw Execution.Replace(_command.Of(parsed, environment)).ToCliException();
        }
        catch (CannotStartException problem)
        {
            throw problem.ToCliException();
        }
    }

    private async Task<Dictionary<string, byte[]>> VariablesAsync(Session session, KeyPrefix? prefix, bool plain, CancellationToken cancellationToken)
    {
        const string Doing = "exec";
        var request = new StoreRequest(HttpMethod.Get, session.Address.Deployment(session.Deployment, prefix is null ? "" : $"filter={prefix.Escaped}"));
        var (reply, _) = await session.Patient.SendAsync(Doing, request, cancellationToken);
        if (!reply.IsSuccess)
            throw session.Failure(Doing, reply);
        var listing = Listing.Read(reply.Body) is { Deployment: not null } read ? read : throw Verdict.NotOurs(Doing);

        var folder = prefix?.Text is { } text && text.EndsWith('/') ? text : "";
        var keys = new Dictionary<string, string>();
        var variables = new Dictionary<string, byte[]>();
        foreach (var (key, value) in listing.Values().Where(pair => prefix is null || pair.Key.StartsWith(prefix.Text, StringComparison.Ordinal)))
        {
            var name = plain ? VariableName.Plain(key, folder) : VariableName.Prefixed(key);
            if (!keys.TryAdd(name, key))
                throw new CliException(ExitCode.Error, $"{Doing}: the keys {keys[name]} and {key} would both be the variable {name}: choose one of them with --prefix");
            variables[name] = Checked(key, name, await ExactAsync(session, key, value, cancellationToken));
        }

        if (variables.Count == 0)
            _talk.Say($"{Doing}: there is no {(prefix is null ? "value" : $"key that begins with {prefix.Text}")} yet, so the command gets none (exec does not wait: goterra-cli get and wait do)");
        return variables;
    }

    /// <summary>In a listing, what is no UTF-8 is U+FFFD: whether it was one from the beginning only the value itself can tell.</summary>
    private static async Task<byte[]> ExactAsync(Session session, string key, string listed, CancellationToken cancellationToken)
    {
        if (!listed.Contains('\uFFFD', StringComparison.Ordinal))
            return Encoding.UTF8.GetBytes(listed);
        var reader = new ValueReader(session, ValueKey.Parse(key), failPrefix: null);
        var reply = await reader.ReadAsync(cancellationToken);
        return reply.IsSuccess ? reader.ValueOf(reply) : throw session.Failure($"exec: get {key}", reply);
    }

    private static byte[] Checked(string key, string name, byte[] value)
    {
        if (value.Contains((byte)0))
            throw new CliException(ExitCode.Error, $"exec: the value of {key} contains a NUL byte, which no environment variable can: use goterra-cli get --out FILE {key}");
        if (name.Length + 1 + value.Length > LongestVariable)
            throw new CliException(ExitCode.Error, $"exec: the value of {key} has {value.Length} bytes, and a variable with its name takes {LongestVariable}: use goterra-cli get --out FILE {key}");
        return value;
    }
}
