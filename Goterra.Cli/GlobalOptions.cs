using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Goterra.Cli.Commands;
using Goterra.Cli.Runtime;

namespace Goterra.Cli;

// The library's own HelpOption, VersionOption and RootCommand look up resources or use reflection at every start, which
// takes a quarter of the start-up time.

/// <summary>`-h`, of the program or of a command.</summary>
internal sealed class HelpFlag : Option<bool>
{
    public HelpFlag()
        : base("--help", "-h", "/h", "-?", "/?")
    {
        Arity = ArgumentArity.Zero;
        Recursive = true;
        Description = "Show help for the program, or for a command";
        Action = new UsageHelpAction();
    }

    /// <summary>The library's help, except for the usage line of commands that define their own.</summary>
    private sealed class UsageHelpAction : SynchronousCommandLineAction
    {
        private const string Heading = "Usage:";

        public override int Invoke(ParseResult parseResult)
        {
            var configuration = parseResult.InvocationConfiguration;
            var output = configuration.Output;
            using var help = new StringWriter();
            configuration.Output = help;
            var exitCode = new HelpAction().Invoke(parseResult);
            configuration.Output = output;
            output.Write(WithUsage(help.ToString(), (parseResult.CommandResult.Command as ClientCommand)?.Usage));
            return exitCode;
        }

        private static string WithUsage(string help, string? usage)
        {
            var start = help.IndexOf(Heading, StringComparison.Ordinal) + Heading.Length;
            var end = help.IndexOf("\n\n", start, StringComparison.Ordinal);
            return usage is null || end < 0 ? help : $"{help[..start]}\n  {CommandLineApp.Name} {usage}{help[end..]}";
        }
    }
}

/// <summary>`--version`, whatever other arguments there are.</summary>
internal sealed class VersionFlag : Option<bool>
{
    public VersionFlag()
        : base("--version")
    {
        Arity = ArgumentArity.Zero;
        Description = "Show version information";
        Action = new PrintVersion();
    }

    private sealed class PrintVersion : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine($"{CommandLineApp.Name} {ClientProgram.Version}");
            return 0;
        }
    }
}
