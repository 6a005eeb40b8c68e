using Goterra.Terraform.Runtime;
using Goterra.Terraform.Schemas;
using Goterra.Terraform.Values;

namespace Goterra.Terraform.Resources;

/// <summary>A type of resource that is stored in the state.</summary>
internal abstract class ManagedResource(BlockSchema schema)
{
    public BlockSchema Schema { get; } = schema;

    /// <summary>How to import one, for the documentation; null if it cannot be imported.</summary>
    public virtual string? ImportId => null;

    /// <summary>Checks what is known of a configuration.</summary>
    /// <exception cref="DiagnosticException">It is invalid.</exception>
    public virtual void Validate(ObjectValue config)
    {
    }

    /// <summary>Sets what is already known of a resource that does not exist yet.</summary>
    /// <param name="planned">The plan, whose computed attributes are unknown.</param>
    public virtual void PlanCreate(ObjectValue planned)
    {
    }

    /// <summary>Sets what will be known only after the change of an existing resource to unknown.</summary>
    /// <param name="prior">The state.</param>
    /// <param name="planned">The plan, which this method may change.</param>
    public virtual void PlanUpdate(ObjectValue prior, ObjectValue planned)
    {
    }

    /// <summary>Whether the change of an attribute replaces the resource.</summary>
    /// <param name="attribute">The attribute.</param>
    /// <param name="prior">The state.</param>
    /// <param name="wasImported">It was imported, and not applied since.</param>
    public virtual bool IsReplacedBy(AttributeSchema attribute, ObjectValue prior, bool wasImported) =>
        attribute.Replaces;

    /// <param name="planned">The plan, whose unknown attributes this method sets.</param>
    /// <param name="config">The configuration, with its write-only attributes.</param>
    /// <param name="operation">The request.</param>
    /// <returns>The state.</returns>
    public abstract Task<ObjectValue> CreateAsync(ObjectValue planned, ObjectValue config, Operation operation);

    /// <summary>Compares the state with the server.</summary>
    /// <returns>The state; null if the resource no longer exists, and is to be re-created.</returns>
    public abstract Task<ObjectValue?> ReadAsync(ObjectValue state, Operation operation);

    public virtual Task<ObjectValue> UpdateAsync(ObjectValue planned, ObjectValue config, Operation operation) =>
        Task.FromResult(planned);

    public virtual Task DeleteAsync(ObjectValue state, Operation operation) => Task.CompletedTask;

    /// <returns>A state that <see cref="ReadAsync"/> completes.</returns>
    /// <exception cref="DiagnosticException">The id is invalid, or the type cannot be imported.</exception>
    public virtual ObjectValue Import(string id) => throw new DiagnosticException(
        $"{Schema.TypeName} cannot be imported", "Write it into the configuration, and run `terraform apply`.");
}
