using System.Buffers.Text;
using System.Text.Json;

namespace Goterra.Cli.Protocol;

/// <summary>The claims in a token (a JWT, RFC 7519). Only the server can verify them.</summary>
internal sealed record UnverifiedClaims(string? Deployment, string? Ns, long Exp, JsonElement? Scope, long Iat = 0)
{
    /// <summary>The last second of year 9999.</summary>
    private const long MaxExpiry = 253_402_300_799;

    /// <summary>When it was issued, by the clock of the server; null if the token does not say.</summary>
    public DateTimeOffset? Issued => Iat == 0 ? null : DateTimeOffset.FromUnixTimeSeconds(Iat);

    public bool IsFull => Scope is { ValueKind: JsonValueKind.String } scope && scope.ValueEquals("full");

    public bool IsObserver => Scope is { ValueKind: JsonValueKind.String } scope && scope.ValueEquals("observe");

    /// <summary>Such as `it may read: join_*; write: nothing`; null for full access.</summary>
    public string? Restriction => Scope is { ValueKind: JsonValueKind.Object } scope
        ? $"it may read: {Keys(scope, "read")}; write: {Keys(scope, "write")}"
        : IsObserver ? "it may only observe: no values, and no writes"
        : null;

    private static string Keys(JsonElement scope, string access) =>
        scope.TryGetProperty(access, out var keys) && keys.ValueKind == JsonValueKind.Array && keys.GetArrayLength() > 0
            ? string.Join(", ", keys.EnumerateArray())
            : "nothing";

    public static UnverifiedClaims? TryRead(string token)
    {
        var parts = token.Split('.');
        if (parts.Length != 3 || !Base64Url.IsValid(parts[1]))
            return null;
        var claims = ProtocolJson.TryRead(Base64Url.DecodeFromChars(parts[1]), ProtocolJson.Default.UnverifiedClaims);
        return claims is { Exp: > 0 and <= MaxExpiry, Iat: >= 0 and <= MaxExpiry } ? claims : null;
    }
}
