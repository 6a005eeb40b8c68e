using Goterra.Infrastructure;

namespace Goterra.Tests.Contract;

/// <summary>The folders of Goterra.Infrastructure use each other in one direction.</summary>
[Trait("Category", "Contract")]
public sealed class InfrastructureFoldersTests
{
    // The root registers all of them.
    private static readonly string[] TopDown =
        ["", "Maintenance", "Redis Sqlite Jwt Users", "Encryption Files Monitoring"];

    [Fact]
    public void Read_CompiledInfrastructure_UsesFoldersTopDown()
    {
        var dependencies = FolderDependencies.Read(typeof(StoreOptions).Assembly, "Goterra.Infrastructure");

        Assert.Contains(dependencies, edge => edge is { From: "Sqlite", To: "Encryption" });
        Assert.Empty(FolderDependencies.Violations(dependencies, TopDown));
    }
}
