using System.CommandLine;

namespace Goterra.Cli.Commands;

/// <summary>`help COMMAND`. The program reads it as `COMMAND -h`; this lists it among the commands.</summary>
internal sealed class HelpCommand : Command
{
    public const string Word = "help";

    public HelpCommand()
        : base(Word, "Show help for a command") =>
        Add(new Argument<string?>("COMMAND") { Description = "The command", Arity = ArgumentArity.ZeroOrOne });
}
