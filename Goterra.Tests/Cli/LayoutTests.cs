using Goterra.Cli;
using Goterra.Tests.Support;

namespace Goterra.Tests.Cli;

public sealed class LayoutTests
{
    [Fact]
    public void Folders_OfTheClient_UseEachOtherInOneDirection()
    {
        var dependencies = FolderDependencies.Read(typeof(CommandLineApp).Assembly, "Goterra.Cli");
        File.WriteAllLines("/tmp/gt/d/deps.txt", dependencies.Select(d => d.ToString()).Concat(FolderDependencies.Cycles(dependencies).Select(c => "CYCLE " + string.Join(" ", c))));
        Assert.Empty(FolderDependencies.Violations(dependencies, "", "Commands"));
    }
}
