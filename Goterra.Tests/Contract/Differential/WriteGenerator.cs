using CsCheck;
using Goterra.Core.Deployments;

namespace Goterra.Tests.Contract.Differential;

/// <summary>Generates writes. Most have a valid credential.</summary>
internal static class WriteGenerator
{
    // Half of the bytes that a deployment may have, and one byte too many. The embedded store keeps both in files.
    private static readonly string Half = new('x', (int)ComparedStore.SmallLimits.DeploymentBytes / 2);
    private static readonly string TooMuch = new('y', (int)ComparedStore.SmallLimits.DeploymentBytes + 1);

    // Few values, so that leases are often renewed.
    private static readonly Gen<string> LeaseValue = Gen.Frequency((4, "me"), (1, "you"), (1, Half));
    private static readonly Gen<string> Value = Gen.Frequency(
        (1, ""), (1, "me"), (1, "you"), (1, "\u00FF\n\0"), (2, Half), (1, TooMuch));

    private static readonly Gen<TagChoice> Tag = Gen.Frequency(
        (12, TagChoice.Last), (3, TagChoice.Earlier), (1, TagChoice.OfAnotherKey), (1, TagChoice.Foreign),
        (1, TagChoice.Malformed), (1, TagChoice.Empty));

    private static readonly Gen<ConditionChoice> Matches = Tag.Array[1, 2].Select(
        tags => new ConditionChoice(ConditionKind.Matches, tags));

    private static readonly Gen<ConditionChoice> Condition = Gen.Frequency(
        (6, Gen.Const(new ConditionChoice(ConditionKind.None))),
        (2, Gen.Const(new ConditionChoice(ConditionKind.Absent))),
        (2, Gen.Const(new ConditionChoice(ConditionKind.Exists))),
        (4, Matches));

    private static readonly Gen<FenceChoice> SomeFence = Gen.Select(
        Gen.OneOf(Keys.Leases), Tag, (key, tag) => new FenceChoice(key, tag));
    private static readonly Gen<FenceChoice?> Fence = Gen.Frequency(
        (9, Gen.Const((FenceChoice?)null)), (1, SomeFence.Select(fence => (FenceChoice?)fence)));
    private static readonly Gen<string?> IdempotencyKey = Gen.Frequency((3, (string?)null), (1, "i1"), (1, "i2"));
    private static readonly Gen<string> Credential = Gen.Frequency((8, "alice\n"), (1, "bob\n"));

    /// <summary>As long as clock steps; see <see cref="OperationGenerator"/>.</summary>
    public static Gen<TimeSpan> Lease { get; } = Gen.OneOf(
        TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(61), TimeSpan.FromHours(24));

    /// <summary>Mostly the first one.</summary>
    public static Gen<int> Deployment { get; } = Gen.Frequency((20, 0), (8, 1), (4, 2), (1, -1));

    public static Gen<ProofChoice> Proof { get; } = Gen.Frequency(
        (20, Gen.Const(new ProofChoice(EpochChoice.Current))),
        (6, Gen.Const(new ProofChoice(EpochChoice.Unbound))),
        (5, Gen.Const(new ProofChoice(EpochChoice.Unbound, EpochChoice.Current))),
        (4, Gen.Int[0, 2].Select(ticket => new ProofChoice(EpochChoice.Current, Ticket: ticket))),
        (3, Gen.Select(
            Gen.Enum<EpochChoice>(), Gen.Enum<EpochChoice>(),
            (own, ofNamespace) => new ProofChoice(own, ofNamespace))));

    public static Gen<string> Key { get; } = Gen.Frequency((1, Gen.OneOf(Keys.Leases)), (1, Gen.OneOf(Keys.All)));

    private static readonly Gen<TermsChoice> Terms = Gen.Select(
        Proof, Condition, IdempotencyKey, Credential, Fence,
        (proof, condition, key, credential, fence) => new TermsChoice(proof, condition, key, credential, fence));

    private static readonly Gen<Operation> PutValue = Gen.Select(
        Deployment, Key, Terms, Value, (index, key, terms, value) => (Operation)new Put(
            index, key, terms, Lease: null, value));

    private static readonly Gen<string?> Switch = Gen.Frequency((2, (string?)null), (1, "leader"), (1, "w\u00F6rker"));

    private static readonly Gen<Operation> PutLease = Gen.Select(
        Deployment, Gen.OneOf(Keys.Leases), Terms, Lease, LeaseValue, Switch,
        (index, key, terms, lease, value, source) => (Operation)new Put(index, key, terms, lease, value)
        {
            Switch = source,
        });

    // Of a lease with the most frequent value, in the hands of the writer, and often fenced by another one.
    private static readonly Gen<Operation> Renew = Gen.Select(
        Deployment, Gen.OneOf(Keys.Leases), Proof, Gen.Select(
            IdempotencyKey, Gen.Frequency(
                (1, Fence), (1, SomeFence)), Switch), Lease, (index, key, proof, terms, lease) => (Operation)new Put(
            index, key, new TermsChoice(
                proof, new ConditionChoice(ConditionKind.Matches, [TagChoice.Last]), terms.Item1, "alice\n",
                terms.Item2), lease, "me")
                {
                    Switch = terms.Item3,
                });

    private static readonly Gen<Operation> Remove = Gen.Select(
        Deployment, Key, Terms, (index, key, terms) => (Operation)new Remove(index, key, terms));

    private static readonly Gen<Operation> Repeat = Gen.Int[0, 3].Select(back => (Operation)new RepeatWrite(back));

    public static Gen<Operation> Any { get; } = Gen.Frequency(
        (6, PutValue), (6, PutLease), (2, Renew), (5, Remove), (3, Repeat));
}
