using System.CommandLine;
using System.Text;
using Goterra.Cli.Arguments;
using Goterra.Cli.Commands.Exec;
using Goterra.Cli.Http;
using Goterra.Cli.Processes;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;
using Goterra.Cli.Sessions;

namespace Goterra.Cli.Commands;

/// <summary>`exec -- COMMAND`: replaces this process by a command that gets the values in its environment.</summary>
internal sealed class ExecCommand : ClientCommand
{
    /// <summary>Linux, MAX_ARG_STRLEN: 32 pages of 4 KB, including the terminating zero.</summary>
    private const int MaxVariableLength = 131_071;

    private readonly Option<string?> _prefix = new("--prefix")
    {
        Description = "Only keys that start with PREFIX",
        HelpName = "PREFIX",
    };

    private readonly Option<bool> _plain = new("--plain")
    {
        Description = "Use the keys as variable names instead of GOT_VALUE_KEY, "
            + "without --prefix if that ends with a slash. Names that affect the loader, shells or tools are refused",
    };

    private readonly CommandArgument _command = new();

    public ExecCommand(CommandContext context)
        : base("exec", "Execute a command with the values in its environment, as GOT_VALUE_KEY", context)
    {
        Usage = "exec [options] -- <COMMAND>...";
        Add(_prefix);
        Add(_plain);
        _command.AddTo(this);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var prefix = ArgumentParser.Prefix(parsed, _prefix);
        var command = _command.Create(parsed);
        var environment = command.Environment;
        using (var session = Sessions.ForDeployment(parsed))
        {
            var variables = await ReadVariablesAsync(session, prefix, parsed.GetValue(_plain), cancellationToken);
            foreach (var (name, value) in variables)
                environment = environment.With(name, value);
        }

        try
        {
            throw ProcessReplacement.Execute(command with { Environment = environment }).ToCliException();
        }
        catch (CommandStartException exception)
        {
            throw exception.ToCliException();
        }
    }

    private async Task<Dictionary<string, byte[]>> ReadVariablesAsync(
        Session session, KeyPrefix? prefix, bool plain, CancellationToken cancellationToken)
    {
        var query = prefix is null ? "" : $"filter={Uri.EscapeDataString(prefix.Text)}";
        var response = await session.SendAsync(Name, StoreRequest.Get(session.DeploymentUrl(query)), cancellationToken);
        var listing = DeploymentOverview.TryRead(response.Body) ?? throw ExitCodes.NotGoterra(Name);
        if (listing.Deployment is null)
            throw new CliException(ExitCode.NotAuthorized, $"{Name}: this token does not allow reading values");

        var folder = prefix?.Text is { } text && text.EndsWith('/') ? text : "";
        var keys = new Dictionary<string, string>();
        var variables = new Dictionary<string, byte[]>();
        var start = prefix?.Text ?? "";
        var selected = listing.Values().Where(pair => pair.Key.StartsWith(start, StringComparison.Ordinal));
        foreach (var (key, value) in selected)
        {
            var name = plain ? EnvironmentVariableName.Plain(key, folder) : EnvironmentVariableName.Prefixed(key);
            if (!keys.TryAdd(name, key))
                throw new CliException(
                    ExitCode.Error,
                    $"{Name}: the keys {keys[name]} and {key} would both be the variable {name}: "
                    + "select one with --prefix");
            variables[name] = EnsureValid(key, name, await ReadExactAsync(session, key, value, cancellationToken));
        }

        if (variables.Count == 0)
        {
            var missing = prefix is null ? "values" : $"key that starts with {prefix.Text}";
            StatusWriter.WriteLine(
                $"{Name}: no {missing} yet, running the command without (exec does not wait: "
                + "use goterra-cli get or wait before)");
        }

        return variables;
    }

    /// <summary>
    /// In a listing, invalid UTF-8 is replaced by U+FFFD. Only the value itself tells whether that was stored.
    /// </summary>
    private static async Task<byte[]> ReadExactAsync(
        Session session, string key, string listed, CancellationToken cancellationToken)
    {
        if (!listed.Contains('\uFFFD', StringComparison.Ordinal))
            return Encoding.UTF8.GetBytes(listed);
        var reader = new ValueReader(session, ArgumentParser.Key(key), failPrefix: null);
        var response = await reader.ReadAsync(cancellationToken);
        return response.IsSuccess ? reader.ValueOf(response) : throw session.Failure($"exec: get {key}", response);
    }

    private static byte[] EnsureValid(string key, string name, byte[] value)
    {
        var problem = value.Contains((byte)0) ? "contains a NUL byte, which environment variables cannot contain"
            : name.Length + 1 + value.Length > MaxVariableLength
                ? $"has {value.Length} bytes, and a variable is limited to {MaxVariableLength} including its name"
            : null;
        return problem is null
            ? value
            : throw new CliException(
                ExitCode.Error, $"exec: the value of {key} {problem}: use goterra-cli get --out FILE {key}");
    }
}
