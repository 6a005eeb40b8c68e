using System.Text;

namespace Goterra.Cli.Commands.Completion;

/// <summary>Completion for bash, and for zsh, which reads the same script.</summary>
internal static class BashCompletion
{
    public static string ZshScript(IReadOnlyList<CompletionWords> commands) =>
        "autoload -Uz compinit bashcompinit\nwhence compdef > /dev/null || compinit\nbashcompinit\n" + Script(commands);

    public static string Script(IReadOnlyList<CompletionWords> commands)
    {
        var global = commands[0].Options;
        var script = new StringBuilder(
            """
            _goterra_cli() {
              local current="${COMP_WORDS[COMP_CWORD]}" command='' skip='' word='' words=''
              for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
                if [ -n "$skip" ]; then skip=''; continue; fi
                case $word in

            """);
        var withValue = commands.SelectMany(command => command.Options)
            .Where(option => option.Value is not null).Select(option => option.Name).Distinct();
        var parents = commands.Where(command => command.Name.Length > 0 && command.Subcommands.Count > 0)
            .SelectMany(parent => parent.Subcommands.Select(sub => $"{parent.Name}:{sub}"));
        script.Append($"      {string.Join('|', withValue)}) skip=1 ;;\n");
        script.Append(
            """
                  -*) ;;
                  *) case $command:$word in

            """);
        script.Append("        :*) command=$word ;;\n");
        script.Append($"        {string.Join('|', parents)}) command=\"$command $word\" ;;\n");
        script.Append(
            """
                  esac ;;
                esac
              done
              case $command in

            """);
        foreach (var command in commands)
        {
            var options = command.Options.Concat(global).Select(option => option.Name);
            var words = command.Subcommands.Concat(options).Distinct();
            script.Append($"    '{command.Name}') words='{string.Join(' ', words)}' ;;\n");
        }

        script.Append(
            """
              esac
              [ -n "$skip" ] || COMPREPLY=($(compgen -W "$words" -- "$current"))
            }
            complete -o default -F _goterra_cli goterra-cli

            """);
        return script.ToString();
    }
}
