using Goterra.Core.Access;
using Goterra.Core.Model;
using Goterra.Infrastructure;
using Goterra.Infrastructure.Encryption;
using Goterra.Infrastructure.Users;
using Serilog.Events;

namespace Goterra.Api.Configuration;

/// <summary>The configuration, converted and validated once.</summary>
/// <param name="Url">The address of the server for clients; null for http://localhost with the listening port.</param>
/// <param name="TrustedProxies">The proxies whose X-Forwarded-For is used.</param>
/// <param name="Warnings">Warnings for the log, such as ignored settings.</param>
internal sealed record ServerOptions(
    string? Url,
    WebOptions Web,
    LogOptions Log,
    AccessOptions Access,
    UserOptions Users,
    Limits Limits,
    StoreOptions Store,
    SecretRing Secrets,
    IReadOnlyList<System.Net.IPNetwork> TrustedProxies,
    IReadOnlyList<string> Warnings)
{
    /// <summary>Null without an audit log.</summary>
    public AuditOptions? Audit { get; init; }

    public MonitoringOptions Monitoring { get; init; } = new(Metrics: null, new Dictionary<string, string?>());

    /// <summary>Where the configuration comes from; null for options that do not come from any source.</summary>
    public ConfigurationSources? Sources { get; init; }

    /// <summary>The Consul agent to register with; null for none.</summary>
    public ConsulOptions? Consul { get; init; }

    /// <summary>The file with the secret; null if it comes from elsewhere.</summary>
    public string? SecretFile { get; init; }

    /// <summary>Reads the sources again.</summary>
    /// <exception cref="InvalidConfigurationException">They are invalid.</exception>
    public Func<ServerOptions>? Reread { get; init; }
}

/// <param name="Token">For its access control; null if it has none.</param>
internal sealed record ConsulOptions(Uri Agent, Secret? Token);

/// <param name="Port">0 for any free port.</param>
/// <param name="CorsOrigins">The origins of pages that may call the API from a browser; <c>*</c> for all.</param>
internal sealed record WebOptions(System.Net.IPAddress Listen, int Port, IReadOnlyList<string> CorsOrigins)
{
    /// <summary>Null for plain HTTP.</summary>
    public TlsOptions? Tls { get; init; }
}

/// <summary>The paths of PEM files.</summary>
/// <param name="Certificate">The certificate of the server, and those between it and its root.</param>
/// <param name="Key">Its private key.</param>
/// <param name="ClientCa">The CAs of those who may read metrics; null for anyone.</param>
internal sealed record TlsOptions(string Certificate, string Key, string? ClientCa);

/// <param name="File">The full path.</param>
/// <param name="MaxFileBytes">A file that would become larger is renamed first.</param>
/// <param name="MaxFiles">How many files are kept, the current one included.</param>
internal sealed record AuditOptions(string File, long MaxFileBytes, int MaxFiles);

/// <param name="Metrics">Null without the metrics listener.</param>
/// <param name="Variables">The variables of OpenTelemetry, whose names begin with OTEL_.</param>
internal sealed record MonitoringOptions(MetricsOptions? Metrics, IReadOnlyDictionary<string, string?> Variables)
{
    /// <summary>Traces and metrics are sent to an OTLP endpoint.</summary>
    public bool UsesOtlp => Variables.GetValueOrDefault("OTEL_EXPORTER_OTLP_ENDPOINT") is { Length: > 0 };
}

/// <param name="Port">0 for any free port.</param>
/// <param name="Token">The bearer token that is required; null for none.</param>
internal sealed record MetricsOptions(System.Net.IPAddress Listen, int Port, Secret? Token);

/// <param name="Json">One JSON object per line; otherwise text.</param>
internal sealed record LogOptions(bool Json, LogEventLevel Level);
