using System.Text;

namespace Goterra.Cli.Commands.Completion;

internal static class FishCompletion
{
    private const string Start = "complete -c goterra-cli";

    public static string Script(IReadOnlyList<CompletionWords> commands)
    {
        var script = new StringBuilder();
        foreach (var command in commands)
        {
            var path = command.Name.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var seen = string.Join("; and ", path.Select(word => $"__fish_seen_subcommand_from {word}"));
            if (path.Length > 0)
            {
                var condition = path.Length == 1 ? "__fish_use_subcommand"
                    : $"__fish_seen_subcommand_from {path[0]}; and not __fish_seen_subcommand_from {path[1]}";
                script.Append($"{Start} -f -n '{condition}' -a {path[^1]} -d '{Escape(command.Description)}'\n");
            }

            foreach (var option in command.Options)
            {
                var condition = seen.Length == 0 ? "" : $" -n '{seen}'";
                var value = option.Value is null ? "" : option.Value == "FILE" ? " -r -F" : " -x";
                script.Append(
                    $"{Start}{condition} -l {option.Name.TrimStart('-')}{value} -d '{Escape(option.Description)}'\n");
            }
        }

        return script.ToString();
    }

    private static string Escape(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal);
}
