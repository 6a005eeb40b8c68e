using System.CommandLine;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Arguments;

/// <summary>The options that limit what a token or ticket allows.</summary>
internal sealed class ScopeOptions
{
    private readonly Option<string[]> _read = Patterns(
        "--read",
        "Allow reading KEY, or all keys that start with it if it ends with *; can be repeated. "
        + "All other keys cannot be read");

    private readonly Option<string[]> _write = Patterns(
        "--write", "Allow writing KEY, in the same form. Write access does not include read access");

    private readonly Option<bool> _noFail = new("--no-fail")
    {
        Description = "With --read or --write: do not allow declaring the deployment failed",
    };

    private readonly Option<bool> _observe = new("--observe")
    {
        Description = "Allow looking only: all keys, waits, hints and events, but no values. For dashboards and links",
    };

    public void AddTo(Command command)
    {
        command.Add(_observe);
        command.Add(_read);
        command.Add(_write);
        command.Add(_noFail);
    }

    public string[]? Read(ParseResult parsed) => PatternsOf(parsed, _read);

    public string[]? Write(ParseResult parsed) => PatternsOf(parsed, _write);

    /// <summary>True if only looking is allowed; null otherwise.</summary>
    public bool? Observe(ParseResult parsed)
    {
        if (!parsed.GetValue(_observe))
            return null;
        return (Read(parsed) ?? Write(parsed)) is null && !parsed.GetValue(_noFail)
            ? true
            : throw CliException.Usage("--observe excludes --read, --write and --no-fail");
    }

    /// <summary>False if the deployment may not be declared failed; null for the server's default.</summary>
    public bool? Fail(ParseResult parsed)
    {
        if (!parsed.GetValue(_noFail))
            return null;
        return (Read(parsed) ?? Write(parsed)) is null
            ? throw CliException.Usage("--no-fail requires --read or --write")
            : false;
    }

    private static Option<string[]> Patterns(string name, string description) =>
        new(name) { Description = description, HelpName = "KEY", Arity = ArgumentArity.ZeroOrMore };

    private static string[]? PatternsOf(ParseResult parsed, Option<string[]> option)
    {
        if (parsed.GetValue(option) is not { Length: > 0 } patterns)
            return null;
        return patterns.Contains("")
            ? throw CliException.Usage($"{option.Name} is empty (is a shell variable unset?)")
            : patterns;
    }
}
