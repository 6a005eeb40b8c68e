using System.CommandLine;
using Goterra.Cli.Runtime;

namespace Goterra.Cli;

/// <summary>
/// Rewrites the arguments into the one form that the parser cannot misread: command, options as `--name=value`, `--`,
/// operands. It accepts Go's single dash (`-url U`) and options on either side of the command. Everything after `put
/// KEY` is the value, everything from the first operand of `fail` the reason, everything after `run --` a command. The
/// last occurrence of an option wins, unless the option can be repeated.
/// </summary>
/// <remarks>Error messages never repeat an operand: after a typing error, it may be the token.</remarks>
internal sealed class ArgumentNormalizer(Command root)
{
    private const string PutName = "put";

    // Commands that run until they are stopped if they have no program to run.
    private static readonly string[] WithOptionalCommand = ["elect", "alive"];

    public IReadOnlyList<string> Normalize(IReadOnlyList<string> args)
    {
        Command? command = null;
        var options = new Dictionary<Option, List<string?>>();
        var operands = new List<string>();
        int? operandsBeforeDashes = null;

        for (var i = 0; i < args.Count; i++)
        {
            var arg = args[i];
            var onlyOperands = operandsBeforeDashes is not null;
            if (command is not null && (onlyOperands || (operands.Count > 0 && TakesText(command))))
                operands.Add(arg);
            else if (arg == "--")
                operandsBeforeDashes = operands.Count;
            else if (arg.Length > 1 && arg[0] == '-' && !onlyOperands)
                i += AddOption(args, i, options, command, operands);
            else if (command is null || command.Subcommands.Count > 0)
                command = FindCommand(command ?? root, arg);
            else
                operands.Add(arg);
        }

        if (command is not null && TakesCommand(command)
            && !options.Keys.Any(option => option is HelpFlag or VersionFlag))
            CheckDashes(command, operands, operandsBeforeDashes);
        return Assemble(command, options, operands);
    }

    /// <summary>The command as the user types it: `ticket create`.</summary>
    public static string NameOf(Command command) =>
        Parent(command) is { } parent && Parent(parent) is not null ? $"{NameOf(parent)} {command.Name}" : command.Name;

    private static bool TakesText(Command command) => command.Name == PutName || TakesReason(command);

    private static bool TakesReason(Command command) => command.Name is "fail" or "resume";

    /// <summary>Whether the last argument is a program to run, which follows `--`.</summary>
    private static bool TakesCommand(Command command) =>
        command.Arguments.LastOrDefault()?.ValueType == typeof(string[]);

    // The dashes are required: without them, options of the program could be mistaken for those of the client.
    private static void CheckDashes(Command command, List<string> operands, int? operandsBeforeDashes)
    {
        var own = command.Arguments.Count - 1;
        var operand = own == 0 ? "" : command.Arguments[0].Name;
        var error =
            operandsBeforeDashes > own
                ? $"takes {(own == 0 ? "no operand" : $"one {operand}")} before the --, and its COMMAND after it"
            : operandsBeforeDashes is null && (operands.Count > own || !WithOptionalCommand.Contains(command.Name))
                ? "needs -- before the COMMAND"
            : (operandsBeforeDashes ?? operands.Count) < own ? $"needs a {operand} before the --"
            : operandsBeforeDashes == operands.Count ? "needs a COMMAND after the --"
            : null;
        if (error is not null)
            throw CliException.Usage($"{command.Name} {error}. {See(command)}");
    }

    /// <summary>Returns how many further arguments belong to the option.</summary>
    private int AddOption(
        IReadOnlyList<string> args,
        int index,
        Dictionary<Option, List<string?>> options,
        Command? command,
        List<string> operands)
    {
        var arg = args[index];
        var equals = arg.IndexOf('=');
        var name = equals < 0 ? arg : arg[..equals];
        var option = FindOption(name);
        if (option is null && command is not null && TakesCommand(command) && operands.Count > 0)
            CheckDashes(command, operands, null); // probably an option of the program
        if (option is null)
        {
            var closest = Suggestion.Closest(name, OptionsOf(command ?? root).Select(known => known.Name));
            throw CliException.Usage(closest is null
                ? $"unknown option {name}. {See(command ?? root)}"
                : $"unknown option {name}: did you mean {closest}? {See(command ?? root)}");
        }

        if (!options.TryGetValue(option, out var values) || option.Arity.MaximumNumberOfValues <= 1)
            options[option] = values = [];

        if (equals >= 0 || !TakesValue(option))
        {
            values.Add(equals >= 0 ? arg[(equals + 1)..] : null);
            return 0;
        }

        if (index + 1 == args.Count)
            throw CliException.Usage($"{option.Name} needs a value.");
        values.Add(args[index + 1]);
        return 1;
    }

    private List<string> Assemble(Command? command, Dictionary<Option, List<string?>> options, List<string> operands)
    {
        if (options.Keys.FirstOrDefault(option => option is VersionFlag) is { } version)
            return [version.Name];

        var normalized = new List<string>();
        for (var part = command; part is not null && part != root; part = Parent(part))
            normalized.Insert(0, part.Name);
        foreach (var (option, values) in options)
        {
            if (command is not null && command.Options.All(own => own.Name != option.Name)
                && !IsGlobal(option, command))
                throw CliException.Usage($"{NameOf(command)} has no option {option.Name}. {See(command)}");
            foreach (var value in values)
            {
                if (value is "")
                    normalized.AddRange([option.Name, ""]); // the parser takes `--name=` for a missing value
                else
                    normalized.Add(value is null ? option.Name : $"{option.Name}={value}");
            }
        }

        // With -h, the parser shows the help and the operands don't matter.
        if (options.Keys.Any(option => option is HelpFlag))
            return normalized;

        if (command is null)
            throw CliException.Usage($"no command given. Commands: {SubcommandsOf(root)}. {See(root)}");
        if (command.Subcommands.Count > 0)
            throw CliException.Usage($"{command.Name} needs a subcommand: {SubcommandsOf(command)}. {See(command)}");

        CheckOperands(command, operands);
        return [.. normalized, "--", .. operands];
    }

    private static void CheckOperands(Command command, List<string> operands)
    {
        if (command.Name == PutName)
        {
            // `put KEY -- -5` is accepted; a single `--` is a value.
            if (operands is [_, "--", _])
                operands.RemoveAt(1);
            if (operands.Count == 1)
                throw CliException.Usage(
                    "put needs a value after the KEY: text, @FILE, or - for stdin (\"\" stores an empty value).");
            if (operands.Count > 2)
                throw CliException.Usage(
                    "put takes a single value after the KEY. Quote a value that contains spaces, "
                    + "and write options before the KEY.");
        }

        // A machine that reports a failure must not be stopped by missing quotes.
        if (TakesReason(command) && operands.Count > 1)
        {
            operands[0] = string.Join(' ', operands);
            operands.RemoveRange(1, operands.Count - 1);
        }

        if (operands.Count < command.Arguments.Count(argument => argument.Arity.MinimumNumberOfValues > 0))
            throw CliException.Usage(
                $"{NameOf(command)} needs a {command.Arguments[operands.Count].Name}. {See(command)}");
        if (operands.Count > command.Arguments.Count && !TakesCommand(command))
            throw CliException.Usage($"too many arguments for {NameOf(command)}. {See(command)}");
    }

    private Command FindCommand(Command parent, string name)
    {
        if (parent.Subcommands.FirstOrDefault(command => command.Name == name) is { } found)
            return found;
        var isSubcommand = parent != root;
        var unknown = isSubcommand ? $"unknown subcommand of {parent.Name}" : "unknown command";
        // A word that resembles a command is not a token, and may be repeated.
        throw CliException.Usage(
            Suggestion.Closest(name, parent.Subcommands.Select(command => command.Name)) is { } closest
                ? $"{unknown} '{name}': did you mean {closest}? {See(parent)}"
                : $"{unknown}. {(isSubcommand ? "Subcommands" : "Commands")}: {SubcommandsOf(parent)}. {See(parent)}");
    }

    private static string See(Command command) =>
        $"See {CommandLineApp.Name} {(Parent(command) is null ? "" : NameOf(command) + " ")}-h.";

    private static string SubcommandsOf(Command parent) =>
        string.Join(", ", parent.Subcommands.Select(command => command.Name));

    /// <summary>
    /// Finds an option of any command. Options of the same name are of the same kind in all commands.
    /// </summary>
    private Option? FindOption(string name)
    {
        // Names that are longer than one letter take one dash or two.
        var doubled = name.Length > 2 && name[1] != '-' ? "-" + name : name;
        return OptionsOf(root).FirstOrDefault(
            option => option.Name == doubled || option.Name == name || option.Aliases.Contains(name));
    }

    private static IEnumerable<Option> OptionsOf(Command command) =>
        command.Options.Concat(command.Subcommands.SelectMany(OptionsOf));

    private static bool TakesValue(Option option) =>
        option.ValueType != typeof(bool) && option.Arity.MaximumNumberOfValues > 0;

    private static bool IsGlobal(Option option, Command command) =>
        Parent(command) is { } parent && (parent.Options.Contains(option) || IsGlobal(option, parent));

    private static Command? Parent(Command command) => command.Parents.OfType<Command>().FirstOrDefault();
}
