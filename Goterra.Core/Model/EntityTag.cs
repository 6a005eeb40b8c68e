using System.Globalization;
using System.Security.Cryptography;

namespace Goterra.Core.Model;

/// <summary>
/// Identifies one state of one value: the revision of the write, and a random nonce stored with it. A revision alone
/// can come back after a failover that lost the last writes. <c>"17.9f86d081884c7d65"</c> on the wire, or the nonce
/// alone. Compared by the nonce, which no other write has: a caller that may not see revisions cannot guess them.
/// </summary>
/// <param name="Revision">0 if the caller may not see it.</param>
public readonly record struct EntityTag(long Revision, string Nonce)
{
    /// <summary>A nonce for a new write: 64 random bits in hexadecimal.</summary>
    public static string NewNonce() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));

    /// <summary>The nonce of a tag as a client sends it, without quotes and in either form.</summary>
    public static string NonceOf(string tag) => tag[(tag.LastIndexOf('.') + 1)..];

    /// <summary>Whether a tag that a client sends, without quotes and in either form, is this one.</summary>
    public bool Matches(string tag) => NonceOf(tag) == Nonce;

    public override string ToString() => Revision == 0
        ? Nonce
        : string.Create(CultureInfo.InvariantCulture, $"{Revision}.{Nonce}");
}
