using System.CommandLine;
using System.CommandLine.Invocation;

namespace Goterra.Cli.Arguments;

/// <summary>`--version`, whatever else is given.</summary>
internal sealed class VersionFlag : Option<bool>
{
    /// <param name="text">What it prints.</param>
    public VersionFlag(string text)
        : base("--version")
    {
        Arity = ArgumentArity.Zero;
        Description = "Show version information";
        Action = new Print(text);
    }

    private sealed class Print(string text) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine(text);
            return (int)ExitCode.Done;
        }
    }
}
