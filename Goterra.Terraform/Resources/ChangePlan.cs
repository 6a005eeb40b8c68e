using Goterra.Terraform.Schemas;
using Goterra.Terraform.Values;

namespace Goterra.Terraform.Resources;

/// <param name="Planned">The state after the change, in which values may be unknown.</param>
/// <param name="ReplacedBy">The attributes whose change replaces the resource.</param>
internal sealed record ChangePlan(ObjectValue Planned, IReadOnlyList<string> ReplacedBy)
{
    /// <param name="resource">The type.</param>
    /// <param name="prior">The state; null for a creation.</param>
    /// <param name="proposed">What Terraform makes of state and configuration.</param>
    /// <param name="config">The configuration.</param>
    /// <param name="wasImported">The resource was imported, and not applied since.</param>
    public static ChangePlan Create(
        ManagedResource resource, ObjectValue? prior, ObjectValue proposed, ObjectValue config, bool wasImported)
    {
        var planned = proposed.Copy();
        foreach (var attribute in resource.Schema.Attributes)
        {
            if (attribute.IsWriteOnly)
                planned[attribute.Name] = TerraformValue.Null;
            else if (attribute.Default is { } value && !config.IsSet(attribute.Name))
                planned[attribute.Name] = value;
            else if (attribute.Use == AttributeUse.Computed && prior is null)
                planned[attribute.Name] = TerraformValue.Unknown;
        }

        if (prior is null)
        {
            resource.PlanCreate(planned);
            return new ChangePlan(planned, []);
        }

        resource.PlanUpdate(prior, planned);
        var replacedBy = resource.Schema.Attributes
            .Where(attribute => attribute.Use != AttributeUse.Computed
                && !planned[attribute.Name].Equals(prior[attribute.Name])
                && resource.IsReplacedBy(attribute, prior, wasImported))
            .Select(attribute => attribute.Name);
        return new ChangePlan(planned, [.. replacedBy]);
    }
}
