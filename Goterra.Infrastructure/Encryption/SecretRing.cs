using System.Security.Cryptography;
using System.Text;
using Goterra.Core.Model;

namespace Goterra.Infrastructure.Encryption;

/// <summary>The current secret of this installation and the previous ones.</summary>
/// <param name="Current">Signs and encrypts. At least 32 bytes.</param>
/// <param name="Previous">Decrypt what they encrypted. Tokens that they signed are valid only with <see
/// cref="PreviousSecret.Verify"/>. Replaced when the configuration is reloaded.</param>
public sealed record SecretRing(string Current, IReadOnlyList<PreviousSecret> Previous)
{
    public IReadOnlyList<PreviousSecret> Previous { get; set; } = Previous;

    /// <summary>The current secret, then the previous ones.</summary>
    internal IEnumerable<string> All => [Current, .. Previous.Select(previous => previous.Secret)];

    /// <summary>Keeps the secrets out of anything that prints records.</summary>
    public override string ToString() => $"SecretRing with {Previous.Count} previous";
}

/// <param name="Verify">Whether tokens signed with it are still valid.</param>
public sealed record PreviousSecret(string Secret, bool Verify)
{
    /// <summary>Keeps the secret out of anything that prints records.</summary>
    public override string ToString() => $"PreviousSecret, verify {Verify}";
}

/// <summary>What is derived from the secrets, and again after the previous ones were replaced.</summary>
internal sealed class Derived<T>(SecretRing secrets, Func<SecretRing, T> derive)
{
    private volatile Entry _entry = new(secrets.Previous, derive(secrets));

    public T Value
    {
        get
        {
            var entry = _entry;
            if (entry.Source != secrets.Previous)
                _entry = entry = new Entry(secrets.Previous, derive(secrets));
            return entry.Value;
        }
    }

    private sealed record Entry(IReadOnlyList<PreviousSecret> Source, T Value);
}

/// <summary>Keys derived from a secret with HKDF-SHA256 (RFC 5869), one <c>info</c> per use.</summary>
internal static class SecretKeys
{
    /// <summary>
    /// The length of the id of a secret, which is stored with everything that was encrypted with it and reveals nothing
    /// of it.
    /// </summary>
    public const int IdBytes = 8;

    public static byte[] ForTokens(string secret) => Derive(secret, [], "goterra/token/v1", 32);

    public static byte[] ForValues(string secret, ReadOnlySpan<byte> salt) =>
        Derive(secret, salt, "goterra/value/v1", 32);

    public static byte[] ForFingerprints(string secret, DeploymentId deployment) =>
        Derive(secret, Encoding.ASCII.GetBytes(deployment.ToString()), "goterra/idempotency/v1", 32);

    public static string IdText(string secret) => Convert.ToHexStringLower(Id(secret));

    public static byte[] ForSources(string secret, DeploymentId deployment) =>
        Derive(secret, Encoding.ASCII.GetBytes(deployment.ToString()), "goterra/source/v1", 32);

    public static byte[] ForCreations(string secret) => Derive(secret, [], "goterra/creation/v1", 32);

    public static byte[] Id(string secret) => Derive(secret, [], "goterra/key-id/v1", IdBytes);

    public static byte[] Check(string secret) => Derive(secret, [], "goterra/check/v1", 16);

    /// <summary>Whether it is the check value of the current secret or of a previous one.</summary>
    public static bool IsCheckOfAny(byte[] value, SecretRing secrets) =>
        secrets.All.Any(secret => CryptographicOperations.FixedTimeEquals(value, Check(secret)));

    private static byte[] Derive(string secret, ReadOnlySpan<byte> salt, string info, int length)
    {
        var key = new byte[length];
        HKDF.DeriveKey(
            HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret), key, salt, Encoding.ASCII.GetBytes(info));
        return key;
    }
}
