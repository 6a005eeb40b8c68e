using System.CommandLine;
using System.CommandLine.Help;

namespace Goterra.Cli.Arguments;

/// <summary>
/// Brings an argument list into the one form that the parser can't misread: command, options as `--name=value`, `--`, words.
/// It knows Go's single dash (`-url U`), options on either side of the command, and that everything after `put KEY` is the
/// value, and everything from the first word of `fail` on the reason, whatever it looks like. The option that is given last
/// wins, as in Go.
/// </summary>
/// <remarks>Messages never repeat a word of the user's: after a slip, such a word may be the token.</remarks>
internal sealed class ArgumentNormalizer(RootCommand root)
{
    public IReadOnlyList<string> Normalize(IReadOnlyList<string> args)
    {
        Command? command = null;
        var options = new Dictionary<Option, string?>();
        var words = new List<string>();
        var onlyWords = false;

        for (var i = 0; i < args.Count; i++)
        {
            var arg = args[i];
            if (command is not null && (onlyWords || (words.Count > 0 && TakesText(command))))
            {
                words.Add(arg);
            }
            else if (arg == "--")
            {
                onlyWords = true;
            }
            else if (arg.Length > 1 && arg[0] == '-' && !onlyWords)
            {
                i += TakeOption(args, i, options);
            }
            else if (command is null)
            {
                command = FindCommand(arg);
            }
            else
            {
                words.Add(arg);
            }
        }

        return Assemble(command, options, words);
    }

    private const string PutName = "put";

    private static bool TakesText(Command command) => command.Name == PutName || TakesReason(command);

    private static bool TakesReason(Command command) => command.Name is "fail" or "resume";

    private int TakeOption(IReadOnlyList<string> args, int index, Dictionary<Option, string?> options)
    {
        var arg = args[index];
        var equals = arg.IndexOf('=');
        var name = equals < 0 ? arg : arg[..equals];
        var option = FindOption(name) ?? throw CliException.Usage($"there is no option {name}. See goterra-cli -h.");

        if (equals >= 0)
        {
            options[option] = arg[(equals + 1)..];
            return 0;
        }

        if (!TakesValue(option))
        {
            options[option] = null;
            return 0;
        }

        if (index + 1 == args.Count)
            throw CliException.Usage($"{option.Name} needs a value.");
        options[option] = args[index + 1];
        return 1;
    }

    private static List<string> Assemble(Command? command, Dictionary<Option, string?> options, List<string> words)
    {
        var canonical = new List<string>();
        if (options.Keys.FirstOrDefault(option => option is VersionOption) is { } version)
            return [version.Name];
        if (command is not null)
            canonical.Add(command.Name);

        foreach (var (option, value) in options)
        {
            if (command is not null && command.Options.All(own => own.Name != option.Name) && !IsGlobal(option, command))
                throw CliException.Usage($"{command.Name} has no option {option.Name}. See goterra-cli {command.Name} -h.");
            if (value is "")
                canonical.AddRange([option.Name, ""]); // the parser takes `--name=` for a missing value
            else
                canonical.Add(value is null ? option.Name : $"{option.Name}={value}");
        }

        if (command is null)
            return canonical;

        // With -h among the options the words don't matter, and the parser shows the help.
        if (!options.Keys.Any(option => option is HelpOption))
            CheckCount(command, words);
        canonical.Add("--");
        canonical.AddRange(words);
        return canonical;
    }

    private static void CheckCount(Command command, List<string> words)
    {
        if (command.Name == PutName)
        {
            // `put KEY -- -5`, by habit. A single `--` is a value.
            if (words is [_, "--", _])
                words.RemoveAt(1);
            if (words.Count == 1)
                throw CliException.Usage("put needs a value after the KEY: text, @FILE, or - for stdin (\"\" stores the empty value).");
            if (words.Count > 2)
                throw CliException.Usage("put takes one value after the KEY: quote a value of several words, and write options before the KEY.");
        }

        // A machine that calls for help must not be told to quote.
        if (TakesReason(command) && words.Count > 1)
        {
            words[0] = string.Join(' ', words);
            words.RemoveRange(1, words.Count - 1);
        }

        if (words.Count < command.Arguments.Count(argument => argument.Arity.MinimumNumberOfValues > 0))
            throw CliException.Usage($"{command.Name} needs a {command.Arguments[words.Count].Name}. See goterra-cli {command.Name} -h.");
        if (words.Count > command.Arguments.Count)
            throw CliException.Usage($"{command.Name} was given too many words. See goterra-cli {command.Name} -h.");
    }

    private Command FindCommand(string name) =>
        root.Subcommands.FirstOrDefault(command => command.Name == name) ?? throw CliException.Usage(
            $"there is no such command; the commands are {string.Join(", ", root.Subcommands.Select(command => command.Name))}. See goterra-cli -h.");

    private Option? FindOption(string name)
    {
        // One dash or two, where the name is longer than a letter. What several commands call by one name is of one kind.
        var doubled = name.Length > 2 && name[1] != '-' ? "-" + name : name;
        return root.Options.Concat(root.Subcommands.SelectMany(command => command.Options))
            .FirstOrDefault(option => option.Name == doubled || option.Name == name || option.Aliases.Contains(name));
    }

    private static bool TakesValue(Option option) => option.ValueType != typeof(bool) && option.Arity.MaximumNumberOfValues > 0;

    private static bool IsGlobal(Option option, Command command) =>
        command.Parents.OfType<Command>().Any(parent => parent.Options.Contains(option));
}
