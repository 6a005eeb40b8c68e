using Goterra.Terraform.Runtime;
using Goterra.Terraform.Store;

namespace Goterra.Terraform.Resources;

/// <summary>What a request of Terraform may use: the connections, its cancellation, its warnings.</summary>
/// <param name="connections">The connections; throws if the provider is not configured.</param>
/// <param name="stop">Terraform's request to stop.</param>
/// <param name="aborted">Ends when Terraform no longer waits for the response.</param>
internal sealed class Operation(Func<StoreConnections> connections, StopSignal stop, CancellationToken aborted)
    : IDisposable
{
    private readonly CancellationTokenSource _reads =
        CancellationTokenSource.CreateLinkedTokenSource(stop.Requested, aborted);

    private readonly CancellationTokenSource _writes =
        CancellationTokenSource.CreateLinkedTokenSource(stop.Final, aborted);

    public StoreConnections Connections => connections();

    /// <summary>For reads and waits: an interrupt ends them at once.</summary>
    public CancellationToken Reading => _reads.Token;

    /// <summary>For writes, whose response belongs in the state.</summary>
    public CancellationToken Writing => _writes.Token;

    /// <summary>
    /// The deployment of the resource has ended. A refresh finds it; Terraform keeps it beside the state, because the
    /// destruction of the resource can no longer find out.
    /// </summary>
    public bool HasEnded { get; set; }

    public List<(string Summary, string Detail)> Warnings { get; } = [];

    public void Warn(string summary, string detail) => Warnings.Add((summary, detail));

    public void Dispose()
    {
        _reads.Dispose();
        _writes.Dispose();
    }
}
