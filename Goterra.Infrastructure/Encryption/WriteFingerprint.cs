using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Goterra.Core.Deployments;

namespace Goterra.Infrastructure.Encryption;

/// <summary>
/// Tells whether two writes under one idempotency key are the same write: an HMAC-SHA256 over credential, verb, key,
/// condition, lease, fence, switch and value, under a key of the deployment's own. A plain digest of a value that can
/// be guessed would undo its encryption.
/// </summary>
internal sealed class WriteFingerprint(SecretRing secrets)
{
    private readonly Derived<string[]> _secrets = new(secrets, ring => [.. ring.All]);

    /// <summary>
    /// The fingerprint to store, then those that the same write has under previous secrets. Each has 32 hexadecimal
    /// digits.
    /// </summary>
    public string[] Of(ValueWrite write, string verb, ReadOnlySpan<byte> value)
    {
        var all = _secrets.Value;
        var fingerprints = new string[all.Length];
        for (var i = 0; i < all.Length; i++)
            fingerprints[i] = Of(all[i], write, verb, value);
        return fingerprints;
    }

    private static string Of(string secret, ValueWrite write, string verb, ReadOnlySpan<byte> value)
    {
        using var hmac = IncrementalHash.CreateHMAC(
            HashAlgorithmName.SHA256, SecretKeys.ForFingerprints(secret, write.Id));
        Append(hmac, write.Credential);
        Append(hmac, verb);
        Append(hmac, write.Key.Text);
        Append(hmac, write.Condition.Kind.ToString());
        Append(hmac, string.Join('\n', write.Condition.Nonces));
        Append(hmac, $"{(long?)write.Lease?.TotalMilliseconds}");
        Append(hmac, write.Fence is { } fence ? $"{fence.Key}\n{fence.Nonce}" : "");
        if (write.OnLapse is { } report)
            Append(hmac, $"{report.Source}\n{report.Reason}");
        hmac.AppendData(value);
        return Convert.ToHexStringLower(hmac.GetHashAndReset().AsSpan(0, 16));
    }

    private static void Append(IncrementalHash hmac, string part)
    {
        var bytes = Encoding.UTF8.GetBytes(part);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
        hmac.AppendData(length);
        hmac.AppendData(bytes);
    }
}
