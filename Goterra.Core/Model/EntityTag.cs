using System.Globalization;
using System.Security.Cryptography;

namespace Goterra.Core.Model;

/// <summary>
/// Identifies one state of one value: the revision of the write, and a random nonce stored with it. A revision alone
/// can come back after a failover that lost the last writes. Compared for equality only; <c>"17.9f86d081884c7d65"</c>
/// on the wire.
/// </summary>
public readonly record struct EntityTag(long Revision, string Nonce)
{
    /// <summary>A nonce for a new write: 64 random bits in hexadecimal.</summary>
    public static string NewNonce() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Revision}.{Nonce}");
}
