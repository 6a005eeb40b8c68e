namespace Goterra.Api.Problems;

/// <summary>The problems that an action may answer with, for the API's description.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ProducesProblemAttribute(params int[] statuses) : Attribute
{
    public IReadOnlyList<int> Statuses { get; } = statuses;
}
