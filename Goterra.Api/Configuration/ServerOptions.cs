using Goterra.Core;
using Goterra.Core.Access;
using Goterra.Infrastructure;
using Goterra.Infrastructure.Encryption;
using Goterra.Infrastructure.Users;
using Serilog.Events;

namespace Goterra.Api.Configuration;

/// <summary>The whole configuration, converted and checked once.</summary>
/// <param name="Url">The address that is handed to clients; null: http://localhost with the port that is listened on.</param>
/// <param name="TrustedProxies">Whose X-Forwarded-For counts.</param>
/// <param name="Warnings">What was ignored, for the log.</param>
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

/// <param name="Port">0 for any that is free.</param>
internal sealed record WebOptions(System.Net.IPAddress Listen, int Port);

/// <param name="Json">One JSON object a line; otherwise for people.</param>
internal sealed record LogOptions(bool Json, LogEventLevel Level);
