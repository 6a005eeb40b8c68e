using System.CommandLine;
using Goterra.Cli.Processes;

namespace Goterra.Cli.Commands;

/// <summary>The command that a command of ours runs: all words after `--`.</summary>
internal sealed class CommandWords
{
    private readonly Argument<string[]> _words = new("COMMAND") { Description = "The command and its arguments, after --", Arity = ArgumentArity.ZeroOrMore };

    public void AddTo(Command command) => command.Add(_words);

    public IReadOnlyList<string> Of(ParseResult parsed) => parsed.GetValue(_words) ?? [];

    public ChildCommand Of(ParseResult parsed, ProcessEnvironment environment) => new(Of(parsed), environment);
}
