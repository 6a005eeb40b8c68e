using System.Globalization;
using System.Security.Cryptography;

namespace Goterra.Core.Deployments;

/// <summary>
/// Names one state of one value: the revision of the write and a random mark that was stored with it. A revision alone could come
/// back after a fail-over of the store that lost its last writes. Compared for equality only; <c>"17.9f86d081884c7d65"</c> on the wire.
/// </summary>
public readonly record struct EntityTag(long Revision, string Mark)
{
    /// <summary>A mark for a new write: 64 random bits in hexadecimal.</summary>
    public static string NewMark() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Revision}.{Mark}");
}
