using Goterra.Core.Access;
using Goterra.Core.Deployments;

namespace Goterra.Tests.Store.Differential;

/// <summary>
/// One sequence of operations on one store. Operations name things by their index; what those are in this store (tags, epochs, which differ from the other's)
/// is remembered here.
/// </summary>
internal sealed class StoreSession(ComparedStore store, SequenceNames names, TimeProvider time)
{
    private readonly Dictionary<NamespaceName, List<string>> _namespaceEpochs = [];

    public ComparedStore Store => store;

    public SequenceNames Names => names;

    public DateTimeOffset Start { get; } = time.GetUtcNow();

    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>The store has swept since the time moved. If not, counts may include leases that are over.</summary>
    public bool IsSwept { get; set; } = true;

    public List<DeploymentState> Deployments { get; } = [];

    public List<TicketState> Tickets { get; } = [];

    public List<WriteRequest> Writes { get; } = [];

    /// <param name="index">Taken modulo their number, so that it stays meaningful when others are left out; a negative one is of a deployment that never was.</param>
    public DeploymentState Deployment(int index) => index < 0 || Deployments.Count == 0
        ? new DeploymentState(names.Unknown, names.Namespace(0), Now + TimeSpan.FromSeconds(1), expires: null, epoch: "unknown")
        : Deployments[index % Deployments.Count];

    /// <summary>The same of a ticket.</summary>
    public TicketState Ticket(int index) => index < 0 || Tickets.Count == 0
        ? new TicketState(Deployment(0), "unknown", DateTimeOffset.MaxValue, Deployment(0).Epochs[^1])
        : Tickets[index % Tickets.Count];

    public string? NamespaceEpoch(NamespaceName name, int back) =>
        _namespaceEpochs.GetValueOrDefault(name) is { } epochs && epochs.Count > back ? epochs[^(1 + back)] : null;

    public string Learn(NamespaceName name, string epoch)
    {
        if (!_namespaceEpochs.TryGetValue(name, out var epochs))
            _namespaceEpochs.Add(name, epochs = []);
        if (!epochs.Contains(epoch))
            epochs.Add(epoch);
        return epoch;
    }

    /// <summary>Runs an operation.</summary>
    /// <returns>The answer, with whatever differs between stores replaced by its ordinal.</returns>
    public async Task<Answer> RunAsync(Operation operation, CancellationToken cancellationToken)
    {
        try
        {
            return new Answer(store.Answers.Write(await operation.RunAsync(this, cancellationToken)));
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return new Answer(e.ToString()) { IsFault = true };
        }
    }

    /// <summary>Names the epoch of a namespace; null for any other text.</summary>
    public string? NameOfEpoch(string text) => _namespaceEpochs
        .Where(known => known.Value.Contains(text))
        .Select(known => $"{known.Key}#{known.Value.IndexOf(text)}")
        .FirstOrDefault();
}

/// <param name="IsFault">The store threw something, which it never should.</param>
internal sealed record Answer(string Text)
{
    public bool IsFault { get; init; }
}

/// <summary>A ticket as it was made.</summary>
internal sealed record TicketState(DeploymentState Deployment, string Hash, DateTimeOffset Expires, string Epoch);

/// <summary>A write as it went to the store.</summary>
internal sealed record WriteRequest(ValueWrite Write, byte[]? Value);
