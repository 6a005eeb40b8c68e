using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Goterra.Core.Deployments;

namespace Goterra.Infrastructure.Encryption;

/// <summary>
/// Seals what must not be readable in the store: AES-256-GCM under a key of the deployment's own, random 96-bit nonce.
/// Sealed: version (1), key id (8), nonce (12), ciphertext, tag (16). Associated data: version, key id, and then id, field, name and mark, each with its
/// length before it, so that nothing sealed can be moved to another place or time.
/// </summary>
internal sealed class ValueCipher(SecretRing secrets)
{
    /// <summary>How much longer than its content something sealed is, in bytes.</summary>
    public const int Overhead = HeadBytes + TagBytes;

    private const byte Version = 1;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int HeadBytes = 1 + SecretKeys.IdBytes + NonceBytes;

    private readonly Key _current = new(secrets.Current);
    private readonly Key[] _all = [new(secrets.Current), .. secrets.Previous.Select(previous => new Key(previous.Secret))];

    public byte[] Seal(Place place, ReadOnlySpan<byte> plain)
    {
        var output = new byte[plain.Length + Overhead];
        Seal(place, plain, output);
        return output;
    }

    /// <param name="output">As long as what is sealed and <see cref="Overhead"/> together.</param>
    public void Seal(Place place, ReadOnlySpan<byte> plain, Span<byte> output)
    {
        output[0] = Version;
        _current.Id.CopyTo(output[1..]);
        var nonce = output.Slice(1 + SecretKeys.IdBytes, NonceBytes);
        RandomNumberGenerator.Fill(nonce);

        using var aes = _current.For(place.Deployment);
        aes.Encrypt(nonce, plain, output.Slice(HeadBytes, plain.Length), output[(HeadBytes + plain.Length)..], place.Bound(output));
    }

    /// <exception cref="UnreadableValueException">Damaged, moved, or sealed with a secret that is not known here. Never taken for absent.</exception>
    public byte[] Open(Place place, ReadOnlySpan<byte> sealedBytes)
    {
        if (sealedBytes.Length < HeadBytes + TagBytes || sealedBytes[0] != Version)
            throw new UnreadableValueException(place, "it is not in a format that this version knows");

        var id = sealedBytes.Slice(1, SecretKeys.IdBytes);
        foreach (var key in _all)
        {
            if (key.Id.AsSpan().SequenceEqual(id))
                return Open(key, place, sealedBytes);
        }

        throw new UnreadableValueException(place, "it was encrypted with a secret that is neither 'secret' nor in 'previous_secrets'");
    }

    private static byte[] Open(Key key, Place place, ReadOnlySpan<byte> sealedBytes)
    {
        var plain = new byte[sealedBytes.Length - HeadBytes - TagBytes];
        using var aes = key.For(place.Deployment);
        try
        {
            aes.Decrypt(
                sealedBytes.Slice(1 + SecretKeys.IdBytes, NonceBytes),
                sealedBytes.Slice(HeadBytes, plain.Length),
                sealedBytes[^TagBytes..],
                plain,
                place.Bound(sealedBytes));
        }
        catch (AuthenticationTagMismatchException e)
        {
            throw new UnreadableValueException(place, "it was changed or moved in the store", e);
        }

        return plain;
    }

    private sealed class Key(string secret)
    {
        private const int MostDerived = 1000;

        // Deriving costs several times what decrypting a small value does.
        private readonly ConcurrentDictionary<DeploymentId, byte[]> _derived = [];

        public byte[] Id { get; } = SecretKeys.Id(secret);

        public AesGcm For(DeploymentId deployment)
        {
            if (!_derived.TryGetValue(deployment, out var key))
            {
                // Rarely more than a few deployments are busy at a time: to begin anew is cheaper than to know which of them are old.
                if (_derived.Count >= MostDerived)
                    _derived.Clear();
                _derived[deployment] = key = Derive(deployment);
            }

            return new AesGcm(key, TagBytes);
        }

        private byte[] Derive(DeploymentId deployment)
        {
            Span<byte> salt = stackalloc byte[36];
            Encoding.ASCII.GetBytes(deployment.ToString(), salt);
            return SecretKeys.ForValues(secret, salt);
        }
    }
}

/// <summary>Where something sealed belongs.</summary>
/// <param name="Field">What it is: <c>value</c> or a field of the record.</param>
/// <param name="Mark">The mark of the write that sealed it.</param>
internal readonly record struct Place(DeploymentId Deployment, string Field, string Name = "", string Mark = "")
{
    private const int LengthBytes = 2;

    /// <summary>The associated data: the version and key id at the head of what is sealed, and this place.</summary>
    public byte[] Bound(ReadOnlySpan<byte> sealedBytes)
    {
        const int head = 1 + SecretKeys.IdBytes;
        var id = Deployment.ToString();
        var bound = new byte[head + (4 * LengthBytes) + id.Length + Encoding.UTF8.GetByteCount(Field) + Encoding.UTF8.GetByteCount(Name) + Encoding.UTF8.GetByteCount(Mark)];
        sealedBytes[..head].CopyTo(bound);
        Append(Append(Append(Append(bound.AsSpan(head), id), Field), Name), Mark);
        return bound;
    }

    /// <returns>What is left of the output.</returns>
    private static Span<byte> Append(Span<byte> output, string part)
    {
        var length = Encoding.UTF8.GetBytes(part, output[LengthBytes..]);
        BinaryPrimitives.WriteUInt16BigEndian(output, (ushort)length);
        return output[(LengthBytes + length)..];
    }
}

/// <summary>Something in the store is there and can't be decrypted.</summary>
internal sealed class UnreadableValueException(Place place, string cause, Exception? inner = null)
    : StoreDamagedException($"The {place.Field}{(place.Field == "value" ? $" '{place.Name}'" : "")} of deployment {place.Deployment} can't be decrypted: {cause}.", inner);
