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
    IReadOnlyList<string> Warnings);

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

/// <param name="Json">One JSON object per line; otherwise text.</param>
internal sealed record LogOptions(bool Json, LogEventLevel Level);
