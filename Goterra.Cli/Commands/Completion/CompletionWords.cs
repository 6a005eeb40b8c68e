using System.CommandLine;

namespace Goterra.Cli.Commands.Completion;

/// <param name="Name">With its dashes.</param>
/// <param name="Description">The first sentence of its help.</param>
/// <param name="Value">What its value is, such as `FILE`; null if it takes none.</param>
internal sealed record CompletionOption(string Name, string Description, string? Value);

/// <param name="Name">The words after the program's name; empty for the program itself.</param>
/// <param name="Description">The first sentence of its help.</param>
/// <param name="Options">Its own options.</param>
/// <param name="Subcommands">The names of its subcommands.</param>
internal sealed record CompletionWords(
    string Name, string Description, IReadOnlyList<CompletionOption> Options, IReadOnlyList<string> Subcommands)
{
    /// <summary>The program, then all commands.</summary>
    public static IReadOnlyList<CompletionWords> Read(Command root) => [.. Read(root, "")];

    private static IEnumerable<CompletionWords> Read(Command command, string name)
    {
        var options = command.Options.Where(option => !option.Hidden).Select(Describe).ToList();
        yield return new CompletionWords(
            name, Summary(command.Description), options, [.. command.Subcommands.Select(sub => sub.Name)]);
        foreach (var sub in command.Subcommands)
        {
            foreach (var words in Read(sub, name.Length == 0 ? sub.Name : $"{name} {sub.Name}"))
                yield return words;
        }
    }

    private static CompletionOption Describe(Option option)
    {
        var isSwitch = option.ValueType == typeof(bool) || option.Arity.MaximumNumberOfValues == 0;
        return new(option.Name, Summary(option.Description), isSwitch ? null : option.HelpName ?? "VALUE");
    }

    private static string Summary(string? description) =>
        (description ?? "").Split(['.', ';', ':', '\n', '('], 2)[0].Trim();
}
