using CsCheck;

namespace Goterra.Tests.Contract.Differential;

/// <summary>
/// Generates sequences of operations. There are few deployments, keys and idempotency keys, so that operations collide.
/// Lifetimes are as long as clock steps, so that operations hit the exact end of a lease, ticket or deployment. Steps
/// never add up to 24 hours (idempotency keys) or 7 days (tombstones): the stores may differ there by a millisecond.
/// </summary>
internal static class OperationGenerator
{
    private static readonly TimeSpan[] Steps =
        [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(61),
            TimeSpan.FromHours(25), TimeSpan.FromDays(8)];

    private static readonly TimeSpan[] Lifetimes =
        [TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(61),
            TimeSpan.FromHours(26), TimeSpan.FromDays(9), TimeSpan.FromDays(30)];

    private static readonly Gen<int> Deployment = WriteGenerator.Deployment;
    private static readonly Gen<int> Namespace = Gen.Frequency((3, 0), (1, 1));
    private static readonly Gen<int> Owner = Gen.Int[0, 2];
    private static readonly Gen<bool> Sometimes = Gen.Frequency((3, false), (1, true));
    private static readonly Gen<TimeSpan> Lifetime = Gen.Frequency(
        [.. Lifetimes.Select((time, index) => (1 + index, time))]);
    private static readonly Gen<TimeSpan?> Window = Gen.OneOf<TimeSpan?>(
        null, TimeSpan.Zero, TimeSpan.FromMinutes(61), TimeSpan.FromDays(30));
    private static readonly Gen<TimeSpan> Left = Gen.OneOf(
        TimeSpan.FromSeconds(-1), TimeSpan.Zero, TimeSpan.FromMinutes(5), TimeSpan.FromHours(24));

    private static readonly Gen<Operation> Create =
        from owner in Owner
        from ofNamespace in Gen.Frequency((1, Gen.Const((int?)null)), (3, Namespace.Select(index => (int?)index)))
        from lifetime in Gen.Frequency((2, Gen.Const((TimeSpan?)null)), (1, Lifetime.Select(time => (TimeSpan?)time)))
        from ends in Sometimes
        from name in Gen.OneOf(null, "my n\u00E4me")
        select (Operation)new Create(owner, ofNamespace, lifetime, ends, name);

    private static readonly Gen<Operation> CreateOnce =
        from owner in Gen.Frequency((4, 0), (1, 1))
        from lifetime in Gen.Frequency((4, Gen.Const((TimeSpan?)null)), (1, Lifetime.Select(time => (TimeSpan?)time)))
        from name in Gen.Frequency((4, Gen.Const((string?)null)), (1, Gen.Const((string?)"my n\u00E4me")))
        from key in Gen.Int[0, 2]
        select (Operation)new CreateOnce(owner, lifetime, name, key);

    private static readonly Gen<Operation> Advance =
        from step in Gen.Frequency(
            (4, Steps[0]), (9, Steps[1]), (9, Steps[2]), (5, Steps[3]), (2, Steps[4]), (1, Steps[5]))
        from unswept in Sometimes
        select (Operation)new Advance(step, !unswept);

    private static readonly Gen<Operation> Mint =
        from deployment in Deployment
        from proof in WriteGenerator.Proof
        from lifetime in Lifetime
        from window in Window
        from left in OrNull(Left)
        from revokes in Sometimes
        select (Operation)new Mint(deployment, proof, lifetime, window, left, revokes);

    private static readonly Gen<Operation> MakeTicket =
        from deployment in Deployment
        from proof in WriteGenerator.Proof
        from key in Gen.OneOf(null, "a", "a/*")
        from until in OrNull(Lifetime)
        from lifetime in WriteGenerator.Lease
        from window in Window
        from left in Left
        select (Operation)new MakeTicket(deployment, proof, key, until, lifetime, window, left);

    private static readonly Gen<int> Ticket = Gen.Frequency((20, Gen.Int[0, 3]), (1, Gen.Const(-1)));

    private static readonly Gen<Operation> RedeemTicket =
        from ticket in Ticket
        from elsewhere in Gen.Frequency((10, Gen.Const((int?)null)), (1, Deployment.Select(index => (int?)index)))
        from machine in Gen.Int[1, 2]
        from address in Gen.Int[1, 2]
        from lifetime in Lifetime
        select (Operation)new RedeemTicket(ticket, elsewhere, machine, address, lifetime);

    private static readonly Gen<string?> Source = Gen.OneOf(null, "leader", "w\u00F6rker");
    private static readonly Gen<string?> Family = Gen.OneOf(null, "f1", "f2");

    private static readonly Gen<Operation> Any = Gen.Frequency(
        (4, Create),
        (4, CreateOnce),
        (12, Advance),
        (50, WriteGenerator.Any),
        (2, Deployment.Select(index => (Operation)new Find(index))),
        (6, Gen.Select(Deployment, WriteGenerator.Key, (index, key) => (Operation)new Read(index, key))),
        (4, Gen.Select(
            Deployment, Gen.OneOf(Keys.Prefixes), (index, prefix) => (Operation)new ListKeys(index, prefix))),
        (3, Gen.Select(
            Deployment, Gen.OneOf(Keys.Prefixes), (index, prefix) => (Operation)new CountKeys(index, prefix))),
        (2, Gen.Select(Deployment, WriteGenerator.Key.Array[0, 4], (index, keys) => (Operation)new Load(index, keys))),
        (4, Gen.Select(
            Deployment, WriteGenerator.Proof, Source, Gen.OneOf("it broke", "k\u00F6nnte sein", "\u001Fa\nb"), Family,
            (index, proof, source, reason, family) => (Operation)new Fail(index, proof, source, reason, family))),
        (3, Gen.Select(
            Deployment, WriteGenerator.Proof, Source, Family,
            (index, proof, source, family) => (Operation)new Resume(index, proof, source, family))),
        (1, Gen.Select(Deployment, WriteGenerator.Proof, (index, proof) => (Operation)new Delete(index, proof))),
        (4, Gen.Select(
            Deployment, OrNull(Gen.OneOf(0L, 1, 3, 10, 1000)),
            (index, after) => (Operation)new ReadEvents(index, after))),
        (2, Deployment.Select(index => (Operation)new FindOwnership(index))),
        (5, Mint),
        (2, Deployment.Select(index => (Operation)new ReadSecurityEvents(index))),
        (8, MakeTicket),
        (3, Ticket.Select(ticket => (Operation)new FindTicket(ticket))),
        (8, RedeemTicket),
        (2, Deployment.Select(index => (Operation)new ListTickets(index))),
        (2, Gen.Select(Ticket, WriteGenerator.Proof, (ticket, proof) => (Operation)new RevokeTicket(ticket, proof))),
        (1, Namespace.Select(index => (Operation)new FindNamespaceEpoch(index))),
        (1, Namespace.Select(index => (Operation)new OpenNamespace(index))),
        (3, Namespace.Select(index => (Operation)new RevokeNamespace(index))),
        (1, Gen.Select(
            Namespace, Gen.Int[0, 1], Deployment,
            (index, back, deployment) => (Operation)new BringNamespaceEpoch(index, back, deployment))),
        (2, Gen.Select(
            Owner, Gen.Int[1, 3], OrNull(Deployment),
            (owner, limit, after) => (Operation)new ListByOwner(owner, limit, after))),
        (2, Gen.Select(
            Namespace, Gen.Int[1, 3], OrNull(Deployment),
            (index, limit, after) => (Operation)new ListByNamespace(index, limit, after))));

    public static Gen<Operation[]> Sequences { get; } = Gen.Select(
        Create, Any.Array[5, 60], (first, rest) => (Operation[])[first, .. rest]);

    private static Gen<T?> OrNull<T>(Gen<T> gen)
        where T : struct => Gen.Frequency((1, Gen.Const((T?)null)), (1, gen.Select(value => (T?)value)));
}
