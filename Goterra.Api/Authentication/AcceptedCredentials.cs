using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Caching.Memory;

namespace Goterra.Api.Authentication;

/// <summary>
/// Hashes of recently accepted credentials. They are exempt from throttling, so that clients behind a shared address
/// are not locked out by a neighbor.
/// </summary>
internal sealed class AcceptedCredentials : IDisposable
{
    private const int MaxAccepted = 10_000;
    private static readonly TimeSpan AcceptedFor = TimeSpan.FromMinutes(10);

    private readonly MemoryCache _accepted = new(new MemoryCacheOptions { SizeLimit = MaxAccepted });

    public static string HashOf(string credential) =>
        Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(credential)));

    public bool Contains(string hash) => _accepted.TryGetValue(hash, out _);

    public void Add(string hash) => _accepted.Set(
        hash, true, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = AcceptedFor });

    public void Dispose() => _accepted.Dispose();
}
