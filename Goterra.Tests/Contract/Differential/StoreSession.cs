using Goterra.Core.Deployments;
using Goterra.Core.Model;

namespace Goterra.Tests.Contract.Differential;

/// <summary>
/// One sequence of operations on one store. Operations refer to things by index; the session remembers what they are in
/// this store, such as tags and namespace epochs, which are random.
/// </summary>
internal sealed class StoreSession(ComparedStore store, SequenceNames names, TimeProvider time)
{
    private readonly Dictionary<NamespaceName, List<string>> _namespaceEpochs = [];

    public ComparedStore Store => store;

    public SequenceNames Names => names;

    public DateTimeOffset Start { get; } = time.GetUtcNow();

    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Whether the store has swept since the clock moved. If not, counts may include expired leases.</summary>
    public bool IsSwept { get; set; } = true;

    public List<DeploymentState> Deployments { get; } = [];

    public List<TicketState> Tickets { get; } = [];

    public List<WriteRequest> Writes { get; } = [];

    /// <param name="index">Modulo the number of deployments; negative for a deployment that was never created.</param>
    public DeploymentState Deployment(int index) => index < 0 || Deployments.Count == 0
        ? new DeploymentState(
            names.Unknown, names.Namespace(0), Now + TimeSpan.FromSeconds(1), expires: null, epoch: "unknown")
        : Deployments[index % Deployments.Count];

    /// <param name="index">Modulo the number of tickets; negative for one that was never made.</param>
    public TicketState Ticket(int index) => index < 0 || Tickets.Count == 0
        ? new TicketState(Deployment(0), "unknown", "unknown", DateTimeOffset.MaxValue, Deployment(0).Epochs[^1])
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
    /// <returns>The normalised answer, or the exception.</returns>
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

    /// <returns>A stable name if the text is the epoch of a namespace; otherwise null.</returns>
    public string? NameOfEpoch(string text) => _namespaceEpochs
        .Where(known => known.Value.Contains(text))
        .Select(known => $"{known.Key}#{known.Value.IndexOf(text)}")
        .FirstOrDefault();
}

/// <summary>A normalised answer.</summary>
internal sealed record Answer(string Text)
{
    /// <summary>The store threw an exception, which is a failure even if both do.</summary>
    public bool IsFault { get; init; }
}

/// <summary>What a session knows of a ticket.</summary>
internal sealed record TicketState(
    DeploymentState Deployment, string Id, string Hash, DateTimeOffset Expires, string Epoch)
{
    /// <summary>It may be: it or another ticket of the deployment was revoked.</summary>
    public bool IsRevoked { get; set; }
}

/// <summary>A write with everything resolved, so that it can be repeated exactly.</summary>
/// <param name="Value">Null for a removal.</param>
internal sealed record WriteRequest(ValueWrite Write, byte[]? Value);
