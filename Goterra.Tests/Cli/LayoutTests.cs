extern alias cli;
using cli::Goterra.Cli;
using Goterra.Tests.Support;

namespace Goterra.Tests.Cli;

public sealed class LayoutTests
{
    /// <summary>Top down: a folder may only use those on the lines below its own.</summary>
    private static readonly string[] Folders =
    [
        "",
        "Commands",
        "Commands/Doctor Commands/Exec Commands/Once Commands/Status Commands/Watch",
        "Commands/Run",
        "Leases",
        "Sessions",
        "Arguments Credentials",
        "Http",
        "Proxy Tls Protocol Output",
        "Processes",
        "Runtime",
    ];

    [Fact]
    public void Read_FoldersOfTheClient_DependInOneDirection()
    {
        var dependencies = FolderDependencies.Read(typeof(CommandLineApp).Assembly, "Goterra.Cli");

        Assert.NotEmpty(dependencies);
        Assert.Empty(FolderDependencies.Violations(dependencies, Folders));
    }
}
