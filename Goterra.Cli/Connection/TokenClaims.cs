using System.Buffers.Text;
using System.Text.Json;

namespace Goterra.Cli.Connection;

/// <summary>What a token (a JWT, RFC 7519) says of itself. Unchecked: only the server can tell whether it is true.</summary>
internal sealed record TokenClaims(string? Deployment, string? Ns, long Exp, JsonElement? Scope)
{
    /// <summary>The last moment that a date can name.</summary>
    private const long LatestExpiry = 253_402_300_799;

    public bool IsFull => Scope is { ValueKind: JsonValueKind.String } scope && scope.ValueEquals("full");

    /// <summary>Null where it is none.</summary>
    public static TokenClaims? Read(string token)
    {
        var parts = token.Split('.');
        if (parts.Length != 3 || !Base64Url.IsValid(parts[1]))
            return null;
        var claims = WireAnswer.Read(Base64Url.DecodeFromChars(parts[1]), WireJson.Default.TokenClaims);
        return claims is { Exp: > 0 and <= LatestExpiry } ? claims : null;
    }
}
