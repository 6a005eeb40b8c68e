using System.Buffers.Binary;
using System.Buffers.Text;
using Goterra.Core.Deployments;
using Goterra.Core.Model;

namespace Goterra.Infrastructure.Encryption;

/// <summary>Cursors are numbers encrypted like a value, in base64url.</summary>
internal sealed class EventCursors(ValueCipher cipher) : IEventCursors
{
    private const int MaxLength = 200;

    public string Seal(DeploymentId deployment, long number)
    {
        Span<byte> plain = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(plain, number);
        return Base64Url.EncodeToString(cipher.Seal(PlaceOf(deployment), plain));
    }

    public long? Open(DeploymentId deployment, string cursor)
    {
        if (cursor.Length > MaxLength || !Base64Url.IsValid(cursor))
            return null;

        try
        {
            return BinaryPrimitives.ReadInt64BigEndian(
                cipher.Open(PlaceOf(deployment), Base64Url.DecodeFromChars(cursor)));
        }
        catch (UnreadableValueException)
        {
            return null;
        }
    }

    private static Place PlaceOf(DeploymentId deployment) => new(deployment, "cursor");
}
