using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Goterra.Core.Deployments;
using Goterra.Core.Model;

namespace Goterra.Infrastructure.Encryption;

/// <summary>
/// Tells whether two creations under one idempotency key are the same: an HMAC-SHA256 over owner, namespace, name and
/// lifetime, because a plain digest of a name that can be guessed would undo its encryption.
/// </summary>
internal sealed class CreationFingerprint(SecretRing secrets)
{
    private readonly Derived<byte[][]> _keys = new(secrets, ring => [.. ring.All.Select(SecretKeys.ForCreations)]);

    /// <summary>What the store knows the key of an owner by: owners do not share keys.</summary>
    public static string HashOf(CreationKey key, Owner owner) => Convert.ToHexStringLower(SHA256.HashData(
        Encoding.UTF8.GetBytes($"create\n{owner.Source}\n{owner.Uid}\n{key.Key.Value}")));

    /// <summary>
    /// The fingerprint to store, then those that the same creation has under previous secrets. Each has 32 hexadecimal
    /// digits.
    /// </summary>
    public string[] Of(NewDeployment deployment)
    {
        string[] parts =
        [
            deployment.Owner.Source, deployment.Owner.Uid, deployment.Namespace?.Text ?? "",
            deployment.Name is null ? "" : "=" + deployment.Name,
            deployment.Lifetime?.Ticks.ToString(CultureInfo.InvariantCulture) ?? "",
            deployment.EndsWithItsTokens ? "token" : "",
        ];
        var text = JsonSerializer.SerializeToUtf8Bytes(parts, FingerprintJson.Default.StringArray);
        return [.. _keys.Value.Select(key => Convert.ToHexStringLower(HMACSHA256.HashData(key, text).AsSpan(0, 16)))];
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(string[]))]
internal sealed partial class FingerprintJson : System.Text.Json.Serialization.JsonSerializerContext;
