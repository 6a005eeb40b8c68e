using System.Security.Cryptography;
using System.Text;
using Goterra.Core.Tokens;
using Goterra.Infrastructure.Encryption;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Goterra.Infrastructure.Jwt;

/// <summary>
/// JWT (RFC 7519) signed with HMAC-SHA256 under a key derived from the secret. The result of the signature check is
/// cached, by the hash of the token. The store checks expiry and epoch on every use.
/// </summary>
internal sealed class JwtDeploymentTokens : IDeploymentTokens, IDisposable
{
    // A narrowed token contains its key patterns.
    private const int MaxTokenLength = 12_000;
    private const int MaxCached = 20_000;

    private readonly JsonWebTokenHandler _handler =
        new() { SetDefaultTimesOnTokenCreation = false, MaximumTokenSizeInBytes = MaxTokenLength };
    private readonly MemoryCache _verified = new(new MemoryCacheOptions { SizeLimit = MaxCached });
    private readonly SigningCredentials _signing;
    private readonly Derived<TokenValidationParameters> _rules;
    private readonly TimeProvider _time;

    public JwtDeploymentTokens(SecretRing secrets, TimeProvider time)
    {
        _time = time;
        _signing = new SigningCredentials(KeyOf(secrets.Current), SecurityAlgorithms.HmacSha256);
        _rules = new Derived<TokenValidationParameters>(secrets, ring => RulesOf(_signing.Key, ring));
    }

    public string Issue(TokenGrant grant) => Issue(TokenClaims.Of(grant));

    public string Issue(NamespaceGrant grant) => Issue(TokenClaims.Of(grant));

    public async ValueTask<TokenReading> ReadAsync(string token)
    {
        if (token.Length > MaxTokenLength)
            return new TokenReading(TokenStatus.Invalid);

        var hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
        var rules = _rules.Value;
        if (_verified.TryGetValue(hash, out Verified? verified) && verified?.Rules == rules)
            return verified.Reading;

        var result = await _handler.ValidateTokenAsync(token, rules);
        var reading = result.IsValid ? TokenClaims.Read((JsonWebToken)result.SecurityToken) : default;
        if (reading.Status == TokenStatus.Good)
            _verified.Set(
                hash,
                new Verified(rules, reading),
                new MemoryCacheEntryOptions { Size = 1, SlidingExpiration = TimeSpan.FromHours(1) });
        return reading;
    }

    public void Dispose() => _verified.Dispose();

    private static TokenValidationParameters RulesOf(SecurityKey current, SecretRing secrets) => new()
    {
        ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
        IssuerSigningKeys =
        [
            current,
            .. secrets.Previous.Where(previous => previous.Verify).Select(previous => KeyOf(previous.Secret)),
        ],
        ValidateIssuer = false,
        ValidAudiences = TokenClaims.Audiences,
        ValidateLifetime = false,
    };

    private static SymmetricSecurityKey KeyOf(string secret) =>
        new(SecretKeys.ForTokens(secret)) { KeyId = Convert.ToHexStringLower(SecretKeys.Id(secret)) };

    private string Issue(Dictionary<string, object> claims)
    {
        claims["iat"] = _time.GetUtcNow().ToUnixTimeSeconds();
        claims["jti"] = RandomNumberGenerator.GetHexString(32, lowercase: true);
        return _handler.CreateToken(new SecurityTokenDescriptor { SigningCredentials = _signing, Claims = claims });
    }

    /// <param name="Rules">What it was checked by: other ones after a previous secret was removed.</param>
    private sealed record Verified(TokenValidationParameters Rules, TokenReading Reading);
}
