using System.CommandLine;

namespace Goterra.Cli.Arguments;

/// <summary>
/// Brings an argument list into the one form that the parser can't misread: command, options as `--name=value`, `--`, words.
/// It knows Go's single dash (`-url U`), options on either side of the command, and that everything after `put KEY` is the
/// value, everything from the first word of `fail` on the reason, and everything after `run --` a command, whatever it looks like. The option that is given last
/// wins, as in Go, unless it takes several.
/// </summary>
/// <remarks>Messages never repeat a word of the user's: after a slip, such a word may be the token.</remarks>
internal sealed class ArgumentNormalizer(Command root)
{
    public IReadOnlyList<string> Normalize(IReadOnlyList<string> args)
    {
        Command? command = null;
        var options = new Dictionary<Option, List<string?>>();
        var words = new List<string>();
        var onlyWords = false;
        int? wordsBeforeDashes = null;

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
                wordsBeforeDashes = words.Count;
            }
            else if (arg.Length > 1 && arg[0] == '-' && !onlyWords)
            {
                i += TakeOption(args, i, options, command, words);
            }
            else if (command is null || command.Subcommands.Count > 0)
            {
                command = FindCommand(command ?? root, arg);
            }
            else
            {
                words.Add(arg);
            }
        }

        if (command is not null && TakesCommand(command) && !options.Keys.Any(option => option is HelpFlag or VersionFlag))
            CheckDashes(command, words, wordsBeforeDashes);
        return Assemble(command, options, words);
    }

    private const string PutName = "put";
    private const string ElectName = "elect";

    private static bool TakesText(Command command) => command.Name == PutName || TakesReason(command);

    private static bool TakesReason(Command command) => command.Name is "fail" or "resume";

    /// <summary>A command of the machine's, which is all that follows `--`.</summary>
    private static bool TakesCommand(Command command) => command.Arguments.LastOrDefault()?.ValueType == typeof(string[]);

    // Not before: options of that command would be taken for ours, and what is not told apart must not be run.
    private static void CheckDashes(Command command, List<string> words, int? wordsBeforeDashes)
    {
        var ours = command.Arguments.Count - 1;
        if (wordsBeforeDashes > ours)
            throw CliException.Usage($"{command.Name} takes {(ours == 0 ? "no word" : $"one {command.Arguments[0].Name}")} before the --, and its COMMAND after it. See goterra-cli {command.Name} -h.");
        if (wordsBeforeDashes is null && (words.Count > ours || command.Name != ElectName))
            throw CliException.Usage($"{command.Name} needs -- before the COMMAND. See goterra-cli {command.Name} -h.");
        if ((wordsBeforeDashes ?? words.Count) < ours)
            throw CliException.Usage($"{command.Name} needs a {command.Arguments[0].Name} before the --. See goterra-cli {command.Name} -h.");
        if (wordsBeforeDashes == words.Count)
            throw CliException.Usage($"{command.Name} needs a COMMAND after the --. See goterra-cli {command.Name} -h.");
    }

    private int TakeOption(IReadOnlyList<string> args, int index, Dictionary<Option, List<string?>> options, Command? command, List<string> words)
    {
        var arg = args[index];
        var equals = arg.IndexOf('=');
        var name = equals < 0 ? arg : arg[..equals];
        var option = FindOption(name);
        if (option is null && command is not null && TakesCommand(command) && words.Count > 0)
            CheckDashes(command, words, null); // an option of that command, by all appearances
        if (option is null)
            throw CliException.Usage($"there is no option {name}. See goterra-cli {(command is null ? "" : NameOf(command) + " ")}-h.");

        if (!options.TryGetValue(option, out var values) || option.Arity.MaximumNumberOfValues <= 1)
            options[option] = values = [];

        if (equals >= 0)
        {
            values.Add(arg[(equals + 1)..]);
            return 0;
        }

        if (!TakesValue(option))
        {
            values.Add(null);
            return 0;
        }

        if (index + 1 == args.Count)
            throw CliException.Usage($"{option.Name} needs a value.");
        values.Add(args[index + 1]);
        return 1;
    }

    private List<string> Assemble(Command? command, Dictionary<Option, List<string?>> options, List<string> words)
    {
        var canonical = new List<string>();
        if (options.Keys.FirstOrDefault(option => option is VersionFlag) is { } version)
            return [version.Name];
        for (var part = command; part is not null && part != root; part = Parent(part))
            canonical.Insert(0, part.Name);

        foreach (var (option, values) in options)
        {
            if (command is not null && command.Options.All(own => own.Name != option.Name) && !IsGlobal(option, command))
                throw CliException.Usage($"{NameOf(command)} has no option {option.Name}. See goterra-cli {NameOf(command)} -h.");
            foreach (var value in values)
            {
                if (value is "")
                    canonical.AddRange([option.Name, ""]); // the parser takes `--name=` for a missing value
                else
                    canonical.Add(value is null ? option.Name : $"{option.Name}={value}");
            }
        }

        // With -h among the options the words don't matter, and the parser shows the help.
        if (options.Keys.Any(option => option is HelpFlag))
            return canonical;
        if (command is null)
            throw CliException.Usage($"a command is missing; the commands are {Names(root)}. See goterra-cli -h.");
        if (command.Subcommands.Count > 0)
            throw CliException.Usage($"{command.Name} needs one of {Names(command)}. See goterra-cli {command.Name} -h.");
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
            throw CliException.Usage($"{NameOf(command)} needs a {command.Arguments[words.Count].Name}. See goterra-cli {NameOf(command)} -h.");
        if (words.Count > command.Arguments.Count && !TakesCommand(command))
            throw CliException.Usage($"{NameOf(command)} was given too many words. See goterra-cli {NameOf(command)} -h.");
    }

    /// <summary>As a user types it: `ticket create`.</summary>
    public static string NameOf(Command command) =>
        Parent(command) is { } parent && Parent(parent) is not null ? $"{NameOf(parent)} {command.Name}" : command.Name;

    private static Command FindCommand(Command parent, string name) =>
        parent.Subcommands.FirstOrDefault(command => command.Name == name) ?? throw CliException.Usage(
            Parent(parent) is null
                ? $"there is no such command; the commands are {Names(parent)}. See goterra-cli -h."
                : $"{parent.Name} needs one of {Names(parent)}. See goterra-cli {parent.Name} -h.");

    private static string Names(Command parent) => string.Join(", ", parent.Subcommands.Select(command => command.Name));

    private Option? FindOption(string name)
    {
        // One dash or two, where the name is longer than a letter. What several commands call by one name is of one kind.
        var doubled = name.Length > 2 && name[1] != '-' ? "-" + name : name;
        return OptionsOf(root).FirstOrDefault(option => option.Name == doubled || option.Name == name || option.Aliases.Contains(name));
    }

    private static IEnumerable<Option> OptionsOf(Command command) => command.Options.Concat(command.Subcommands.SelectMany(OptionsOf));

    private static bool TakesValue(Option option) => option.ValueType != typeof(bool) && option.Arity.MaximumNumberOfValues > 0;

    private static bool IsGlobal(Option option, Command command) =>
        Parent(command) is { } parent && (parent.Options.Contains(option) || IsGlobal(option, parent));

    private static Command? Parent(Command command) => command.Parents.OfType<Command>().FirstOrDefault();
}
