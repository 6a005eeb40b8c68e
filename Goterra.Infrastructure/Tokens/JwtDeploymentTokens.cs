using System.Security.Cryptography;
using System.Text;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Infrastructure.Encryption;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Goterra.Infrastructure.Tokens;

/// <summary>
/// Tokens as JWT (RFC 7519), signed with HMAC-SHA256 under a key made from the secret. Only that a signature is good is remembered, by the token's
/// hash; expiry is checked on every use, and the epoch by whoever reads the deployment.
/// </summary>
internal sealed class JwtDeploymentTokens : IDeploymentTokens, IDisposable
{
    private const string Audience = "goterra/deployment";
    private const string FullScope = "full";
    private const int LongestToken = 4096;
    private const int TokensRemembered = 20_000;

    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false, MaximumTokenSizeInBytes = LongestToken };
    private readonly MemoryCache _verified = new(new MemoryCacheOptions { SizeLimit = TokensRemembered });
    private readonly SigningCredentials _signing;
    private readonly TokenValidationParameters _rules;
    private readonly TimeProvider _time;

    public JwtDeploymentTokens(SecretRing secrets, TimeProvider time)
    {
        _time = time;
        _signing = new SigningCredentials(KeyOf(secrets.Current), SecurityAlgorithms.HmacSha256);
        _rules = new TokenValidationParameters
        {
            ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
            IssuerSigningKeys = [_signing.Key, .. secrets.Previous.Where(previous => previous.Verify).Select(previous => KeyOf(previous.Secret))],
            ValidateIssuer = false,
            ValidAudience = Audience,
            ValidateLifetime = false,
        };
    }

    public string Issue(TokenGrant grant) => _handler.CreateToken(new SecurityTokenDescriptor
    {
        SigningCredentials = _signing,
        Claims = new Dictionary<string, object>
        {
            ["aud"] = Audience,
            ["deployment"] = grant.Deployment.ToString(),
            ["uid"] = grant.Uid,
            ["epoch"] = grant.Epoch,
            ["scope"] = FullScope,
            ["iat"] = _time.GetUtcNow().ToUnixTimeSeconds(),
            ["exp"] = grant.Expires.ToUnixTimeSeconds(),
            ["jti"] = RandomNumberGenerator.GetHexString(32, lowercase: true),
        },
    });

    public async ValueTask<TokenReading> ReadAsync(string token)
    {
        if (token.Length > LongestToken)
            return new TokenReading(TokenVerdict.Invalid);

        var hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
        if (!_verified.TryGetValue(hash, out TokenGrant? grant))
        {
            var result = await _handler.ValidateTokenAsync(token, _rules);
            grant = result.IsValid ? GrantOf((JsonWebToken)result.SecurityToken) : null;
            if (grant is not null)
                _verified.Set(hash, grant, new MemoryCacheEntryOptions { Size = 1, SlidingExpiration = TimeSpan.FromHours(1) });
        }

        if (grant is null)
            return new TokenReading(TokenVerdict.Invalid);

        return _time.GetUtcNow() < grant.Expires ? new TokenReading(TokenVerdict.Good, grant) : new TokenReading(TokenVerdict.Expired);
    }

    public void Dispose() => _verified.Dispose();

    private static SymmetricSecurityKey KeyOf(string secret) =>
        new(SecretKeys.ForTokens(secret)) { KeyId = Convert.ToHexStringLower(SecretKeys.Id(secret)) };

    // Every claim must be there with its own type: what is missing or malformed is refused, never taken for "no restriction".
    private static TokenGrant? GrantOf(JsonWebToken token) =>
        token.TryGetPayloadValue("deployment", out string deployment) && DeploymentId.TryParse(deployment, out var id)
        && token.TryGetPayloadValue("uid", out string uid) && uid.Length > 0
        && token.TryGetPayloadValue("epoch", out string epoch) && epoch.Length > 0
        && token.TryGetPayloadValue("scope", out object scope) && scope is FullScope
        && token.TryGetPayloadValue("aud", out object audience) && audience is Audience
        && token.TryGetPayloadValue("exp", out long expires) && expires is > 0 and < 253_402_300_800
            ? new TokenGrant(id, uid, epoch, DateTimeOffset.FromUnixTimeSeconds(expires))
            : null;
}
