namespace Goterra.Api.Errors;

/// <summary>The status codes of the problems that an action can return, for the OpenAPI document.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ProducesProblemAttribute(params int[] statuses) : Attribute
{
    public IReadOnlyList<int> Statuses { get; } = statuses;
}
