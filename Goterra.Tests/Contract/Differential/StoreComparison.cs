namespace Goterra.Tests.Contract.Differential;

/// <summary>Runs sequences of operations on two stores and compares the answers.</summary>
internal sealed class StoreComparison(ComparedStore first, ComparedStore second, FrozenClock clock)
{
    private int _sequences;

    /// <summary>Runs the operations, then reads everything that they left behind.</summary>
    /// <returns>The first difference; null if there is none.</returns>
    public async Task<Difference?> FindDifferenceAsync(
        IReadOnlyList<Operation> operations, CancellationToken cancellationToken)
    {
        var names = new SequenceNames(++_sequences);
        StoreSession[] sessions = [new(first, names, clock.Time), new(second, names, clock.Time)];
        foreach (var session in sessions)
            session.Store.Answers.Begin(session);

        var steps = new List<Step>();
        foreach (var operation in operations.Concat(Inventory.After(operations)))
        {
            await PassTimeAsync(operation, sessions, cancellationToken);
            var step = new Step(
                operation, await sessions[0].RunAsync(operation, cancellationToken),
                await sessions[1].RunAsync(operation, cancellationToken));
            steps.Add(step);
            if (step.IsDifference)
                return new Difference(first.Name, second.Name, steps);
        }

        return null;
    }

    private async Task PassTimeAsync(Operation operation, StoreSession[] sessions, CancellationToken cancellationToken)
    {
        if (operation.Delay == TimeSpan.Zero)
            return;

        clock.Advance(operation.Delay);
        foreach (var session in sessions)
        {
            if (operation.Sweeps)
                await session.Store.SweepAsync(cancellationToken);
            session.IsSwept = operation.Sweeps;
        }
    }
}
