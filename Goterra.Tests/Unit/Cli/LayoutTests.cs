extern alias cli;
using System.Reflection;
using cli::Goterra.Cli;
using Goterra.Api.Hosting;

namespace Goterra.Tests.Unit.Cli;

[Trait("Category", "Unit")]
public sealed class LayoutTests
{
    /// <summary>Top down: a folder may only use those on the lines below its own.</summary>
    private static readonly string[] Folders =
    [
        "",
        "Commands",
        "Commands/Completion Commands/Doctor Commands/Exec Commands/Once Commands/Status Commands/Watch",
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

    /// <summary>The server's types that are compiled into the client keep their namespace.</summary>
    [Fact]
    public void GetTypes_OfTheClient_ShareNoNamesWithTheServer()
    {
        var api = typeof(StoreHost).Assembly;
        var server = api.GetReferencedAssemblies()
            .Where(reference => reference.Name!.StartsWith("Goterra", StringComparison.Ordinal))
            .Select(Assembly.Load)
            .Append(api)
            .SelectMany(assembly => NamesIn(assembly, "Goterra"));

        Assert.Empty(NamesIn(typeof(CommandLineApp).Assembly, "Goterra.Cli").Intersect(server));

        static IEnumerable<string> NamesIn(Assembly assembly, string root) => assembly.GetTypes()
            .Where(type => type is { IsNested: false, Namespace: not null }
                && type.Namespace.StartsWith(root, StringComparison.Ordinal))
            .Select(type => type.Name);
    }
}
