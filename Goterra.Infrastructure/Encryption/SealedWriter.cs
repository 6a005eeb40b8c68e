using System.Text;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;

namespace Goterra.Infrastructure.Encryption;

/// <summary>Who wrote or removed a key. The same ciphertext is stored with the value and with the event.</summary>
internal static class SealedWriter
{
    /// <returns>Null if the writer is not known.</returns>
    public static byte[]? Seal(ValueCipher cipher, ValueWrite write) => write.Writer is { } writer
        ? cipher.Seal(PlaceOf(write.Id, write.Key.Text), Encoding.UTF8.GetBytes(writer.ToText()))
        : null;

    public static Writer Open(ValueCipher cipher, DeploymentId id, string key, ReadOnlySpan<byte> sealedWriter) =>
        Writer.Parse(Encoding.UTF8.GetString(cipher.Open(PlaceOf(id, key), sealedWriter)));

    private static Place PlaceOf(DeploymentId id, string key) => new(id, "writer", key);
}
