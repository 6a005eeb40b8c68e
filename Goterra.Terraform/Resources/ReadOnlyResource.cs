using Goterra.Terraform.Runtime;
using Goterra.Terraform.Schemas;
using Goterra.Terraform.Values;

namespace Goterra.Terraform.Resources;

/// <summary>A type whose attributes are read by each plan: a data source, or an ephemeral resource.</summary>
internal abstract class ReadOnlyResource(BlockSchema schema)
{
    public BlockSchema Schema { get; } = schema;

    /// <summary>Whether it can be read without the server.</summary>
    public virtual bool IsOffline => false;

    /// <exception cref="DiagnosticException">The configuration is invalid.</exception>
    public virtual void Validate(ObjectValue config)
    {
    }

    /// <returns>The configuration, with its computed attributes.</returns>
    public abstract Task<ObjectValue> ReadAsync(ObjectValue config, Operation operation);
}
