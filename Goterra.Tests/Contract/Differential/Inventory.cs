namespace Goterra.Tests.Contract.Differential;

/// <summary>
/// Reads everything that a sequence left behind, to notice a write whose answer was right and whose effect was not.
/// </summary>
internal static class Inventory
{
    public static IEnumerable<Operation> After(IReadOnlyList<Operation> operations)
    {
        yield return new Advance(TimeSpan.FromSeconds(1), Sweep: true);
        for (var index = 0; index < operations.Count(one => one is Create or CreateOnce); index++)
        {
            yield return new ListKeys(index, "");
            yield return new CountKeys(index, "");
            yield return new Load(index, Keys.All);
            yield return new ReadEvents(index, After: 0);
            yield return new FindOwnership(index);
            yield return new ReadSecurityEvents(index);
            yield return new ListTickets(index);
        }

        for (var index = 0; index < 2; index++)
        {
            yield return new ListByOwner(index, Limit: 3, After: null);
            yield return new ListByNamespace(index, Limit: 3, After: null);
            yield return new FindNamespaceEpoch(index);
        }
    }
}
