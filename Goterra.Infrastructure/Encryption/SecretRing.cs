using System.Security.Cryptography;
using System.Text;
using Goterra.Core.Model;

namespace Goterra.Infrastructure.Encryption;

/// <summary>The secret of this installation, and those before it.</summary>
/// <param name="Current">Signs and encrypts. At least 32 bytes.</param>
/// <param name="Previous">Still decrypt what they encrypted; tokens that they signed count only where so said.</param>
public sealed record SecretRing(string Current, IReadOnlyList<PreviousSecret> Previous)
{
    /// <summary>Keeps the secrets out of anything that prints records.</summary>
    public override string ToString() => $"SecretRing with {Previous.Count} previous";
}

/// <param name="Verify">Tokens signed with it are still good.</param>
public sealed record PreviousSecret(string Secret, bool Verify)
{
    /// <summary>Keeps the secret out of anything that prints records.</summary>
    public override string ToString() => $"PreviousSecret, verify {Verify}";
}

/// <summary>Keys made from a secret: HKDF-SHA256 (RFC 5869), one <c>info</c> for each use.</summary>
internal static class SecretKeys
{
    /// <summary>Names a secret without telling anything of it; stands with everything that was encrypted with it.</summary>
    public const int IdBytes = 8;

    public static byte[] ForTokens(string secret) => Derive(secret, [], "goterra/token/v1", 32);

    public static byte[] ForValues(string secret, ReadOnlySpan<byte> salt) => Derive(secret, salt, "goterra/value/v1", 32);

    public static byte[] ForFingerprints(string secret, DeploymentId deployment) =>
        Derive(secret, Encoding.ASCII.GetBytes(deployment.ToString()), "goterra/idempotency/v1", 32);

    public static byte[] Id(string secret) => Derive(secret, [], "goterra/key-id/v1", IdBytes);

    public static byte[] Check(string secret) => Derive(secret, [], "goterra/check/v1", 16);

    private static byte[] Derive(string secret, ReadOnlySpan<byte> salt, string info, int length)
    {
        var key = new byte[length];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret), key, salt, Encoding.ASCII.GetBytes(info));
        return key;
    }
}
