using System.Text;
using Goterra.Api.Configuration;

namespace Goterra.Api.Hosting;

/// <summary><c>goterra-store completion SHELL</c>: prints a script that completes commands and options.</summary>
internal static class ShellCompletion
{
    // zsh reads the script of bash.
    private const string ZshStart =
        "autoload -Uz compinit bashcompinit\nwhence compdef > /dev/null || compinit\nbashcompinit\n";

    private static IEnumerable<string> Options => ServerArguments.Settable.Select(key => $"--{key}")
        .Concat(["--config", "--help", "--version"]);

    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter errors)
    {
        var script = args switch
        {
            ["bash"] => Bash(),
            ["zsh"] => ZshStart + Bash(),
            ["fish"] => Fish(),
            _ => null,
        };
        if (script is null)
        {
            await errors.WriteLineAsync("goterra-store: completion: the SHELL must be bash, zsh or fish");
            return 2;
        }

        await output.WriteAsync(script);
        return 0;
    }

    private static string Bash() =>
        $$"""
        _goterra_store() {
          local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" words=''
          case $previous in
            --help | --version) return ;;
            --* | {{ServerCommands.Backup}} | {{ServerCommands.Restore}}) case $current in -*) ;; *) return ;; esac ;;
            {{ServerCommands.Completion}}) words='bash zsh fish' ;;
          esac
          [ "$COMP_CWORD" != 1 ] || words='{{string.Join(' ', ServerCommands.All.Select(command => command.Name))}}'
          [ "$previous" = {{ServerCommands.Completion}} ] || words="$words {{string.Join(' ', Options)}}"
          COMPREPLY=($(compgen -W "$words" -- "$current"))
        }
        complete -o default -F _goterra_store goterra-store

        """;

    private static string Fish()
    {
        var script = new StringBuilder();
        foreach (var command in ServerCommands.All)
        {
            script.Append(
                $"complete -c goterra-store -n __fish_use_subcommand -a {command.Name} -d '{command.Summary}'\n");
        }

        script.Append(
            $"complete -c goterra-store -f -n '__fish_seen_subcommand_from {ServerCommands.Completion}' "
            + "-a 'bash zsh fish'\n");
        foreach (var option in Options)
        {
            var value = option is "--help" or "--version" ? "" : " -r";
            script.Append($"complete -c goterra-store -l {option[2..]}{value}\n");
        }

        return script.ToString();
    }
}
