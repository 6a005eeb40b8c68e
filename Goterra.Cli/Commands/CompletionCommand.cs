using System.CommandLine;
using Goterra.Cli.Commands.Completion;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Commands;

/// <summary>`completion SHELL`: prints a script that completes commands and options.</summary>
internal sealed class CompletionCommand : ClientCommand
{
    private readonly Argument<string> _shell = new("SHELL") { Description = "bash, zsh or fish" };

    public CompletionCommand(CommandContext context)
        : base(
            "completion",
            "Print a completion script for a shell: source <(goterra-cli completion bash), "
            + "or goterra-cli completion fish | source",
            context) => Add(_shell);

    protected override Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var words = CompletionWords.Read(parsed.RootCommandResult.Command);
        Output.WriteText(parsed.GetRequiredValue(_shell) switch
        {
            "bash" => BashCompletion.Script(words),
            "zsh" => BashCompletion.ZshScript(words),
            "fish" => FishCompletion.Script(words),
            _ => throw CliException.Usage("completion: the SHELL must be bash, zsh or fish"),
        });
        return Task.FromResult((int)ExitCode.Done);
    }
}
