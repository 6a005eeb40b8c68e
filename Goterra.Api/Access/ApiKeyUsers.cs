using System.Security.Cryptography;
using System.Text;
using Goterra.Api.Problems;
using Goterra.Core.Access;
using Microsoft.Extensions.Caching.Memory;

namespace Goterra.Api.Access;

/// <summary>Finds the user behind the API key of a request, and stands between the directory and whoever tries keys out.</summary>
internal sealed class ApiKeyUsers(IUserDirectory directory, FailedAttempts failed, AccessOptions options) : IDisposable
{
    private const int MostKnown = 10_000;
    private static readonly TimeSpan KnownFor = TimeSpan.FromMinutes(10);

    // Keys that were good a moment ago, by their hash: whoever has one is not refused for the sake of a neighbour behind the same address.
    private readonly MemoryCache _known = new(new MemoryCacheOptions { SizeLimit = MostKnown });

    /// <returns>The user, anonymous where that is allowed and no key was needed; or the problem to answer with.</returns>
    public async Task<(User? User, ProblemBody? Problem)> WhoIsAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var key = context.Request.Headers["X-API-Key"].ToString();
        var hash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

        // Where nobody knows keys, one that is sent is no attempt at anything.
        var isAttempt = options.KnowsKeys && key.Length > 0 && !_known.TryGetValue(hash, out _);
        using var attempt = isAttempt ? failed.Begin(context, hash) : null;
        if (isAttempt && attempt is null)
            return (null, failed.Problem);

        var user = await directory.WhoIsAsync(key, cancellationToken);
        if (user is not null)
        {
            if (user.Identity != Owner.Anonymous)
                _known.Set(hash, true, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = KnownFor });
            return (user, null);
        }

        if (!options.KnowsKeys)
        {
            return (null, ProblemBody.Of(403, "Nobody may create deployments here yet. List users with their keys under 'users' in its configuration, name an auth service "
                + "(GOT_PROXY_AUTH), or allow it to everybody who reaches this server: 'features.anonymous: true', GOT_FEAT_ANONYMOUS=1."));
        }

        if (string.IsNullOrWhiteSpace(key))
            return (null, ProblemBody.Of(401, "This needs the API key of a user: send the header 'X-API-Key: <key>'."));

        failed.Count(context);
        return (null, ProblemBody.Of(403, "This API key is nobody's (any more)."));
    }

    public void Dispose() => _known.Dispose();
}
