using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;

namespace Goterra.Tests.Contract.Differential;

internal enum EpochChoice
{
    /// <summary>The credential is not bound to this epoch.</summary>
    Unbound,
    Current,
    Earlier,

    /// <summary>An epoch that never existed.</summary>
    Foreign,
}

/// <summary>The epochs of a credential.</summary>
/// <param name="Ticket">The index of a redemption; null for a credential of no ticket.</param>
internal sealed record ProofChoice(
    EpochChoice Deployment, EpochChoice Namespace = EpochChoice.Unbound, int? Ticket = null)
{
    public EpochProof In(StoreSession session, DeploymentState deployment) => new(
        Choose(Deployment, back => deployment.Epochs.Count > back ? deployment.Epochs[^(1 + back)] : null),
        Choose(Namespace, back => deployment.Namespace is { } name ? session.NamespaceEpoch(name, back) : null),
        Ticket is { } index && deployment.Tickets.Count > 0
            ? deployment.Tickets[index % deployment.Tickets.Count]
            : null);

    private static string? Choose(EpochChoice choice, Func<int, string?> epoch) => choice switch
    {
        EpochChoice.Unbound => null,
        EpochChoice.Current => epoch(0) ?? "none",
        EpochChoice.Earlier => epoch(1) ?? "none",
        _ => "foreign",
    };
}

internal enum TagChoice
{
    /// <summary>The last known tag of the key.</summary>
    Last,

    /// <summary>The tag before that.</summary>
    Earlier,

    /// <summary>The tag of another key.</summary>
    OfAnotherKey,

    /// <summary>A tag that never existed.</summary>
    Foreign,

    /// <summary>Text that is not a tag.</summary>
    Malformed,

    Empty,
}

internal static class TagChoices
{
    public static string In(this TagChoice choice, DeploymentState deployment, string key) => choice switch
    {
        TagChoice.Last => deployment.Tag(key, back: 0)?.ToString(),
        TagChoice.Earlier => deployment.Tag(key, back: 1)?.ToString(),
        TagChoice.OfAnotherKey => deployment.TagOfAnother(key)?.ToString(),
        TagChoice.Malformed => "no tag at all",
        TagChoice.Empty => "",
        _ => null,
    } ?? "1.0123456789abcdef";
}

/// <param name="Tags">With <see cref="ConditionKind.Matches"/>.</param>
internal sealed record ConditionChoice(ConditionKind Kind, TagChoice[]? Tags = null)
{
    public WriteCondition In(DeploymentState deployment, string key) => Kind switch
    {
        ConditionKind.None => WriteCondition.None,
        ConditionKind.Absent => WriteCondition.Absent,
        ConditionKind.Exists => WriteCondition.Exists,
        _ => WriteCondition.Matches([.. Tags!.Select(tag => tag.In(deployment, key))]),
    };
}

internal sealed record FenceChoice(string Key, TagChoice Tag)
{
    public Fence In(DeploymentState deployment) => Fence.Of(ValueKey.Parse(Key), Tag.In(deployment, Key));
}
