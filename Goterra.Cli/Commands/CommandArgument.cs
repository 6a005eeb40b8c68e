using System.CommandLine;
using Goterra.Cli.Processes;

namespace Goterra.Cli.Commands;

/// <summary>The program that a command runs, which follows `--`, and its environment.</summary>
internal sealed class CommandArgument
{
    private readonly Argument<string[]> _words = new("COMMAND")
    {
        Description = "The command and its arguments, after --",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<bool> _passCredentials = new("--pass-credentials")
    {
        Description = "Keep GOT_TOKEN, GOT_TOKEN_FILE, GOT_APIKEY and GOT_TICKET in the environment of the command",
    };

    public void AddTo(Command command)
    {
        command.Add(_passCredentials);
        command.Add(_words);
    }

    public bool IsGiven(ParseResult parsed) => parsed.GetValue(_words) is { Length: > 0 };

    public ChildCommand Create(ParseResult parsed)
    {
        var inherited = ProcessEnvironment.Inherited();
        return new ChildCommand(
            parsed.GetValue(_words) ?? [],
            parsed.GetValue(_passCredentials) ? inherited : inherited.WithoutCredentials());
    }
}
