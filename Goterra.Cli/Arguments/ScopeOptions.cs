using System.CommandLine;

namespace Goterra.Cli.Arguments;

/// <summary>What a token or ticket shall reach.</summary>
internal sealed class ScopeOptions
{
    private readonly Option<string[]> _read = Patterns("--read", "May read this KEY, or with a * at its end all keys that begin so; can be given several times. What is not given can not be read");
    private readonly Option<string[]> _write = Patterns("--write", "May write it, in the same form. Writing does not imply reading");

    private readonly Option<bool> _noFail = new("--no-fail") { Description = "Together with --read or --write: may not declare the deployment failed" };

    public void AddTo(Command command)
    {
        command.Add(_read);
        command.Add(_write);
        command.Add(_noFail);
    }

    public string[]? Read(ParseResult parsed) => Of(parsed, _read);

    public string[]? Write(ParseResult parsed) => Of(parsed, _write);

    /// <summary>False where it may not declare the deployment failed.</summary>
    public bool? Fail(ParseResult parsed)
    {
        if (!parsed.GetValue(_noFail))
            return null;
        return (Read(parsed) ?? Write(parsed)) is null ? throw CliException.Usage("--no-fail goes with --read or --write") : false;
    }

    private static Option<string[]> Patterns(string name, string description) =>
        new(name) { Description = description, HelpName = "KEY", Arity = ArgumentArity.ZeroOrMore };

    private static string[]? Of(ParseResult parsed, Option<string[]> option)
    {
        if (parsed.GetValue(option) is not { Length: > 0 } patterns)
            return null;
        return patterns.Contains("") ? throw CliException.Usage($"{option.Name} is empty (an unset shell variable?)") : patterns;
    }
}
