using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Goterra.Core.Model;
using Goterra.Core.Waiting;

namespace Goterra.Infrastructure.Encryption;

/// <summary>A wait that has ended, as it is encrypted. Its name is the same for all of its requests.</summary>
internal static class StoredWait
{
    public static string NameOf(EndedWait ended)
    {
        var wait = ended.Wait;
        var identity = $"{wait.Id}\n{wait.TokenFamily}\n{wait.Key}\n{wait.Prefix}\n{wait.Count}";
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)).AsSpan(0, 16));
    }

    public static byte[] Seal(ValueCipher cipher, DeploymentId id, EndedWait wait) =>
        cipher.Seal(
            new Place(id, "wait", NameOf(wait)),
            JsonSerializer.SerializeToUtf8Bytes(wait, StoredWaitJson.Default.EndedWait));

    /// <param name="since">The earliest known start.</param>
    public static EndedWait Open(
        ValueCipher cipher, DeploymentId id, string name, ReadOnlySpan<byte> sealedWait, DateTimeOffset since)
    {
        var wait = JsonSerializer.Deserialize(
            cipher.Open(new Place(id, "wait", name), sealedWait), StoredWaitJson.Default.EndedWait)!;
        return wait with { Wait = wait.Wait with { Since = since } };
    }
}

[JsonSerializable(typeof(EndedWait))]
internal sealed partial class StoredWaitJson : JsonSerializerContext;
