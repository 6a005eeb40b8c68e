using Goterra.Terraform.Runtime;
using Goterra.Terraform.Store;
using Goterra.Terraform.Values;

namespace Goterra.Terraform.Resources;

/// <summary>The configured provider.</summary>
internal sealed class ProviderState(
    ProviderTypes types, StopSignal stop, Func<string, string?> variable, TextWriter log)
    : IDisposable
{
    private readonly Lock _lock = new();
    private ProviderSettings? _settings;
    private StoreConnections? _connections;

    public ProviderTypes Types => types;

    public StopSignal Stop => stop;

    /// <summary>A setting depends on a resource that does not exist yet.</summary>
    public bool IsUnknown => _settings?.IsUnknown == true;

    public ProviderSettings Settings => _settings ?? throw new DiagnosticException(
        "The provider is not configured", "This is a bug in the provider or in Terraform: please report it.");

    public void Configure(ObjectValue config)
    {
        lock (_lock)
        {
            _settings = new ProviderSettings(config, variable);
            _connections?.Dispose();
            _connections = null;
        }
    }

    public Operation Begin(CancellationToken aborted) => new(Connections, stop, aborted);

    public void Dispose() => _connections?.Dispose();

    private StoreConnections Connections()
    {
        lock (_lock)
            return _connections ??= new StoreConnections(Settings, log, TimeProvider.System);
    }
}
