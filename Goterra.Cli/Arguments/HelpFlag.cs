using System.CommandLine;
using System.CommandLine.Help;

namespace Goterra.Cli.Arguments;

/// <summary>`-h`, of the program or of a command.</summary>
/// <remarks>Not the library's own, nor its VersionOption or RootCommand: each asks .NET's resources or reflection for a text at every start, a quarter of the time that it takes.</remarks>
internal sealed class HelpFlag : Option<bool>
{
    public HelpFlag()
        : base("--help", "-h", "/h", "-?", "/?")
    {
        Arity = ArgumentArity.Zero;
        Recursive = true;
        Description = "Show help: of a command where it stands beside one";
        Action = new HelpAction();
    }
}
