using System.Text.Json;
using System.Text.Json.Nodes;
using Goterra.Core.Access;
using Goterra.Core.Model;
using Goterra.Core.Tokens;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Goterra.Infrastructure.Jwt;

/// <summary>
/// The claims of tokens. A missing or malformed claim makes a token invalid; it never means "no restriction".
/// <code>
/// aud         goterra/deployment or goterra/namespace
/// deployment  its id; or ns, the namespace's name
/// uid         who created the token, for display
/// epoch       of the deployment, or of the namespace
/// ns_epoch    of the namespace, if the token was created with a namespace's token
/// ticket      the name of the last of these tickets, for display
/// tickets     the ids of the tickets that the token derives from, separated by dots
/// scope       "full", "observe", or {"read": [...], "write": [...], "fail": true}
/// until       the latest expiry of renewals (NumericDate)
/// line        unless the scope is full: the same for all renewals of a token
/// exp, iat, jti  as in RFC 7519
/// </code>
/// </summary>
internal static class TokenClaims
{
    private const string DeploymentAudience = "goterra/deployment";
    private const string NamespaceAudience = "goterra/namespace";
    private const string FullScope = "full";
    private const string ObserveScope = "observe";
    private const long MaxSeconds = 253_402_300_800;

    public static IReadOnlyList<string> Audiences { get; } = [DeploymentAudience, NamespaceAudience];

    public static Dictionary<string, object> Of(TokenGrant grant)
    {
        var claims = new Dictionary<string, object>
        {
            ["aud"] = DeploymentAudience,
            ["deployment"] = grant.Deployment.ToString(),
            ["uid"] = grant.Uid,
            ["epoch"] = grant.Epoch.Deployment ?? throw new ArgumentException(
                "A token is bound to an epoch of its deployment.", nameof(grant)),
            ["scope"] = grant.Scope is NarrowScope narrow
                ? JsonSerializer.SerializeToElement(Json(narrow), ClaimsJson.Default.JsonObject)
                : grant.Scope.IsFull ? FullScope : ObserveScope,
            ["exp"] = grant.Expires.ToUnixTimeSeconds(),
        };
        if (grant.Epoch.Namespace is { } ofNamespace)
            claims["ns_epoch"] = ofNamespace;
        if (grant.Epoch.Tickets is { } tickets)
            claims["tickets"] = tickets;
        if (grant.TicketName is { } ticket)
            claims["ticket"] = ticket;
        if (grant.NotAfter is { } until)
            claims["until"] = until.ToUnixTimeSeconds();
        if (grant.TokenFamily is { } line)
            claims["line"] = line;
        return claims;
    }

    public static Dictionary<string, object> Of(NamespaceGrant grant) => new()
    {
        ["aud"] = NamespaceAudience,
        ["ns"] = grant.Namespace.Text,
        ["uid"] = grant.Uid,
        ["epoch"] = grant.Epoch,
        ["scope"] = FullScope,
        ["exp"] = grant.Expires.ToUnixTimeSeconds(),
    };

    /// <returns>Good with one of the grants, or invalid. Expiry is not looked at.</returns>
    public static TokenReading Read(JsonWebToken token)
    {
        if (!Text(token, "uid", out var uid) || !Text(token, "epoch", out var epoch)
            || !Time(token, "exp", out var expires) || ScopeOf(token) is not { } scope)
            return default;

        // A single string: the library would take any of several audiences.
        return token.TryGetPayloadValue("aud", out object audience) ? audience switch
        {
            DeploymentAudience when Deployment(token, uid, epoch, scope, expires) is { } grant =>
                new TokenReading(TokenStatus.Good, grant),
            NamespaceAudience when scope.IsFull && Text(token, "ns", out var text)
                && NamespaceName.TryParse(text, out var name) =>
                new TokenReading(TokenStatus.Good, NamespaceGrant: new NamespaceGrant(name, uid, epoch, expires)),
            _ => default,
        } : default;
    }

    private static TokenGrant? Deployment(
        JsonWebToken token, string uid, string epoch, Scope scope, DateTimeOffset expires)
    {
        if (!Text(token, "deployment", out var deployment) || !DeploymentId.TryParse(deployment, out var id))
            return null;

        var narrow = !scope.IsFull;
        string? ofNamespace = null, tickets = null, line = null, ticket = null;
        DateTimeOffset? until = null;
        if (Has(token, "ns_epoch") && !Text(token, "ns_epoch", out ofNamespace))
            return null;
        if (Has(token, "tickets") && !Text(token, "tickets", out tickets))
            return null;
        if (Has(token, "until"))
        {
            if (!Time(token, "until", out var end))
                return null;
            until = end;
        }

        // All but full tokens always have their time limit and their family.
        if (narrow != Text(token, "line", out line) || (narrow && until is null))
            return null;
        if (Has(token, "ticket") && !Text(token, "ticket", out ticket))
            return null;
        return new TokenGrant(
            id, uid, new EpochProof(epoch, ofNamespace, tickets), scope, expires)
        {
            NotAfter = until,
            TokenFamily = narrow ? line : null,
            TicketName = ticket,
        };
    }

    private static Scope? ScopeOf(JsonWebToken token)
    {
        if (!token.TryGetPayloadValue("scope", out object scope))
            return null;
        if (scope is string text)
            return text switch { FullScope => Scope.Full, ObserveScope => Scope.Observe, _ => null };

        // Strict: exactly the three members, each of its own type.
        if (!token.TryGetPayloadValue("scope", out JsonElement json) || json.ValueKind != JsonValueKind.Object
            || json.EnumerateObject().Count() != 3
            || !json.TryGetProperty("fail", out var fail) || fail.ValueKind is not (
                JsonValueKind.True or JsonValueKind.False)
            || Patterns(json, "read") is not { } read || Patterns(json, "write") is not { } write
            || read.Count + write.Count is 0 or > NarrowScope.MaxPatterns)
            return null;

        return new NarrowScope(read, write, fail.GetBoolean());
    }

    private static List<KeyPattern>? Patterns(JsonElement scope, string name)
    {
        if (!scope.TryGetProperty(name, out var list) || list.ValueKind != JsonValueKind.Array)
            return null;

        var patterns = new List<KeyPattern>();
        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.String
                || !KeyPattern.TryParse(item.GetString(), out var pattern, out _))
                return null;
            patterns.Add(pattern);
        }

        return patterns;
    }

    private static JsonObject Json(NarrowScope scope) => new()
    {
        ["read"] = new JsonArray([.. scope.Read.Select(pattern => JsonValue.Create(pattern.Text))]),
        ["write"] = new JsonArray([.. scope.Write.Select(pattern => JsonValue.Create(pattern.Text))]),
        ["fail"] = scope.MayFail,
    };

    private static bool Has(JsonWebToken token, string name) => token.TryGetPayloadValue(name, out object _);

    private static bool Text(JsonWebToken token, string name, out string text)
    {
        var found = token.TryGetPayloadValue(name, out object value) && value is string { Length: > 0 };
        text = found ? (string)value : "";
        return found;
    }

    private static bool Time(JsonWebToken token, string name, out DateTimeOffset time)
    {
        var found = token.TryGetPayloadValue(name, out long seconds) && seconds is > 0 and < MaxSeconds;
        time = found ? DateTimeOffset.FromUnixTimeSeconds(seconds) : default;
        return found;
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(JsonObject))]
internal sealed partial class ClaimsJson : System.Text.Json.Serialization.JsonSerializerContext;
