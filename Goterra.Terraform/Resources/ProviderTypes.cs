namespace Goterra.Terraform.Resources;

/// <summary>The types of the provider, by name.</summary>
internal sealed record ProviderTypes(
    IReadOnlyDictionary<string, ManagedResource> Resources,
    IReadOnlyDictionary<string, ReadOnlyResource> DataSources,
    IReadOnlyDictionary<string, ReadOnlyResource> EphemeralResources)
{
    public static ProviderTypes Create() => new(
        new ManagedResource[]
        {
            new DeploymentResource(), new TicketResource(), new ValueResource(), new WaitResource(),
        }
            .ToDictionary(type => type.Schema.TypeName),
        new ReadOnlyResource[] { new DeploymentData(), new UserData() }.ToDictionary(type => type.Schema.TypeName),
        new ReadOnlyResource[] { new EphemeralToken(), new EphemeralValue() }
            .ToDictionary(type => type.Schema.TypeName));
}
