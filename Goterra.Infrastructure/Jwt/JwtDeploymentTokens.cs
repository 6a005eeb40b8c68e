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
    private readonly TokenValidationParameters _rules;
    private readonly TimeProvider _time;

    public JwtDeploymentTokens(SecretRing secrets, TimeProvider time)
    {
        _time = time;
        _signing = new SigningCredentials(KeyOf(secrets.Current), SecurityAlgorithms.HmacSha256);
        _rules = new TokenValidationParameters
        {
            ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
            IssuerSigningKeys =
            [
                _signing.Key,
                .. secrets.Previous.Where(previous => previous.Verify).Select(previous => KeyOf(previous.Secret)),
            ],
            ValidateIssuer = false,
            ValidAudiences = TokenClaims.Audiences,
            ValidateLifetime = false,
        };
    }

    public string Issue(TokenGrant grant) => Issue(TokenClaims.Of(grant));

    public string Issue(NamespaceGrant grant) => Issue(TokenClaims.Of(grant));

    public async ValueTask<TokenReading> ReadAsync(string token)
    {
        if (token.Length > MaxTokenLength)
            return new TokenReading(TokenVerdict.Invalid);

        var hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
        if (!_verified.TryGetValue(hash, out TokenReading reading))
        {
            var result = await _handler.ValidateTokenAsync(token, _rules);
            reading = result.IsValid ? TokenClaims.Read((JsonWebToken)result.SecurityToken) : default;
            if (reading.Verdict == TokenVerdict.Good)
                _verified.Set(
                    hash, reading, new MemoryCacheEntryOptions { Size = 1, SlidingExpiration = TimeSpan.FromHours(1) });
        }

        return reading;
    }

    public void Dispose() => _verified.Dispose();

    private static SymmetricSecurityKey KeyOf(string secret) =>
        new(SecretKeys.ForTokens(secret)) { KeyId = Convert.ToHexStringLower(SecretKeys.Id(secret)) };

    private string Issue(Dictionary<string, object> claims)
    {
        claims["iat"] = _time.GetUtcNow().ToUnixTimeSeconds();
        claims["jti"] = RandomNumberGenerator.GetHexString(32, lowercase: true);
        return _handler.CreateToken(new SecurityTokenDescriptor { SigningCredentials = _signing, Claims = claims });
    }
}
