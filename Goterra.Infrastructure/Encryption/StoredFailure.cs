using System.Text;
using Goterra.Core.Deployments;
using Goterra.Core.Model;

namespace Goterra.Infrastructure.Encryption;

/// <summary>
/// A failure as it is encrypted: the reason alone or, with a source, U+001F, the source, a line break and the reason.
/// The place of the ciphertext is the same everywhere, so that stores can copy it.
/// </summary>
internal static class StoredFailure
{
    private const char Separator = '\u001F';

    public static byte[] Seal(ValueCipher cipher, DeploymentId id, FailureNote note) =>
        cipher.Seal(PlaceIn(id), Encoding.UTF8.GetBytes(
            note.Source is null && !note.Reason.StartsWith(Separator)
                ? note.Reason
                : $"{Separator}{note.Source}\n{note.Reason}"));

    public static FailureNote Open(ValueCipher cipher, DeploymentId id, ReadOnlySpan<byte> sealedNote)
    {
        var text = Encoding.UTF8.GetString(cipher.Open(PlaceIn(id), sealedNote));
        var end = text.IndexOf('\n', StringComparison.Ordinal);
        return text.StartsWith(Separator) && end > 0
            ? new FailureNote(end > 1 ? text[1..end] : null, text[(end + 1)..])
            : new FailureNote(null, text);
    }

    private static Place PlaceIn(DeploymentId id) => new(id, "reason");
}
