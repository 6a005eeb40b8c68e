using System.Reflection;
using Goterra.Api.Hosting;
using Goterra.Core.Services;
using Goterra.Infrastructure;

namespace Goterra.Tests.Unit;

/// <summary>The direction of dependencies, between the projects and inside them.</summary>
[Trait("Category", "Unit")]
public sealed class ArchitectureTests
{
    private static readonly Assembly Core = typeof(DeploymentService).Assembly;
    private static readonly Assembly Infrastructure = typeof(StoreServiceCollectionExtensions).Assembly;
    private static readonly Assembly Api = typeof(StoreHost).Assembly;

    [Fact]
    public void Core_References_NeitherHttpNorRedisNorAnyOtherProject() =>
        Assert.All(References(Core), name => Assert.StartsWith("System.", name, StringComparison.Ordinal));

    [Fact]
    public void Infrastructure_References_NotTheApi()
    {
        Assert.DoesNotContain("goterra-store", References(Infrastructure));
        Assert.DoesNotContain(
            References(Infrastructure), name => name.StartsWith("Microsoft.AspNetCore.Mvc", StringComparison.Ordinal));
    }

    [Fact]
    public void Api_OutsideTheCompositionRoot_KnowsNoInfrastructure()
    {
        var known = Api.GetTypes()
            .Where(type => type.Namespace is not ("Goterra.Api.Hosting" or "Goterra.Api.Configuration"))
            .SelectMany(
                type => type.GetMembers(
                    BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static
                        | BindingFlags.DeclaredOnly))
            .SelectMany(Types)
            .Where(type => type.Assembly == Infrastructure);

        Assert.Empty(known);
        Assert.DoesNotContain("StackExchange.Redis", References(Api));
    }

    [Fact]
    public void Infrastructure_Types_AreInternalButOptionsAndRegistration()
    {
        var open = Infrastructure.GetExportedTypes().Select(type => type.Name).Order();

        Assert.Equal(
            [
                "AuthServiceOptions", "ConfiguredUser", "FileStatus", "IncompatibleStoreException", "PreviousSecret",
                "RedisOptions", "SecretRing",
                "StoreFindings", "StoreFolderException", "StoreMaintenance",
                "StoreOptions", "StoreServiceCollectionExtensions", "StoreStatistics", "StoreSummary", "StoreSurvey",
                "UserOptions",
                "UserServiceCollectionExtensions",
                "WrongSecretException",
            ],
            open);
    }

    [Fact]
    public void Core_Folders_UseOnlyThoseBelow() => Assert.Empty(FolderDependencies.Violations(
        FolderDependencies.Read(Core, "Goterra.Core"), "Services", "Waiting Tokens", "Deployments", "Access", "Model"));

    [Fact]
    public void Api_Folders_UseOnlyThoseBelow() => Assert.Empty(FolderDependencies.Violations(
        FolderDependencies.Read(Api, "Goterra.Api"),
        "Hosting",
        "Auditing Monitoring", "Tls",
        "Configuration OpenApi",
        "Json",
        "Deployments Values Namespaces Downloads Health Ui",
        "Tokens",
        "Authentication",
        "Http",
        "Errors"));

    [Fact]
    public void Provider_Folders_UseOnlyThoseBelow() => Assert.Empty(FolderDependencies.Violations(
        FolderDependencies.Read(
            Assembly.LoadFrom(Path.Combine(AppContext.BaseDirectory, "terraform-provider-goterra.dll")),
            "Goterra.Terraform"),
        "",
        "Plugin Documentation",
        "Resources",
        "Store",
        "Schemas",
        "Values Runtime Protocol"));

    [Theory]
    [InlineData("goterra-cli.dll")]
    [InlineData("terraform-provider-goterra.dll")]
    public void Client_References_NoOtherProject(string file)
    {
        var client = Assembly.LoadFrom(Path.Combine(AppContext.BaseDirectory, file));

        Assert.DoesNotContain(
            References(client), name => name.StartsWith("Goterra", StringComparison.OrdinalIgnoreCase));
    }

    private static IEnumerable<string> References(Assembly assembly) =>
        assembly.GetReferencedAssemblies().Select(name => name.Name!);

    private static IEnumerable<Type> Types(MemberInfo member) => member switch
    {
        FieldInfo field => [field.FieldType],
        PropertyInfo property => [property.PropertyType],
        MethodBase method =>
            [.. method.GetParameters().Select(
                parameter => parameter.ParameterType), (method as MethodInfo)?.ReturnType ?? typeof(void)],
        _ => [],
    };
}
