using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Goterra.Core.Deployments;
using Goterra.Core.Model;

namespace Goterra.Infrastructure.Encryption;

/// <summary>
/// Encrypts values with AES-256-GCM under a key per deployment and a random 96-bit nonce. Format: version (1), key id
/// (8), nonce (12), ciphertext, tag (16). Associated data: version, key id, then deployment id, field, name and nonce
/// of the write, each with its length before it, so that a ciphertext cannot be moved to another place or time.
/// </summary>
internal sealed class ValueCipher(SecretRing secrets)
{
    /// <summary>The length of the ciphertext minus that of the plaintext, in bytes.</summary>
    public const int Overhead = HeadBytes + TagBytes;

    private const byte Version = 1;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int HeadBytes = 1 + SecretKeys.IdBytes + NonceBytes;

    private readonly LargeValues _large = new();
    private readonly Key _current = new(secrets.Current);
    private readonly Derived<Key[]> _all = new(secrets, ring => [.. ring.All.Select(secret => new Key(secret))]);

    public byte[] Seal(Place place, ReadOnlySpan<byte> plain)
    {
        var output = new byte[plain.Length + Overhead];
        Seal(place, plain, output);
        return output;
    }

    /// <param name="output">Its length is that of <paramref name="plain"/> plus <see cref="Overhead"/>.</param>
    public void Seal(Place place, ReadOnlySpan<byte> plain, Span<byte> output)
    {
        output[0] = Version;
        _current.Id.CopyTo(output[1..]);
        var nonce = output.Slice(1 + SecretKeys.IdBytes, NonceBytes);
        RandomNumberGenerator.Fill(nonce);

        var key = _current.For(place.Deployment);
        var aes = key.Take();
        aes.Encrypt(
            nonce,
            plain,
            output.Slice(HeadBytes, plain.Length),
            output[(HeadBytes + plain.Length)..],
            place.Bound(output));
        key.Return(aes);
    }

    /// <summary>The id of the current secret, as text.</summary>
    public string SecretId => Convert.ToHexStringLower(_current.Id);

    /// <exception cref="UnreadableValueException">
    /// It is damaged, was moved, or was encrypted with an unknown secret. Never treated as absent.
    /// </exception>
    public byte[] Open(Place place, ReadOnlySpan<byte> sealedBytes)
    {
        if (sealedBytes.Length < HeadBytes + TagBytes || sealedBytes[0] != Version)
            throw new UnreadableValueException(place, "it is not in a format that this version knows");

        var id = sealedBytes.Slice(1, SecretKeys.IdBytes);
        foreach (var key in _all.Value)
        {
            if (key.Id.AsSpan().SequenceEqual(id))
                return Open(key.For(place.Deployment), place, sealedBytes);
        }

        throw new UnreadableValueException(
            place, "it was encrypted with a secret that is neither 'secret' nor in 'previous_secrets'");
    }

    /// <summary>Decrypts a stored value.</summary>
    /// <returns>For a large one, bytes that other readers may share.</returns>
    /// <exception cref="UnreadableValueException">See <see cref="Open(Place, ReadOnlySpan{byte})"/>.</exception>
    public byte[] OpenValue(DeploymentId id, string key, string nonce, ReadOnlySpan<byte> sealedBytes) =>
        _large.Share(id, nonce, Open(new Place(id, "value", key, nonce), sealedBytes));

    private static byte[] Open(DeploymentKey key, Place place, ReadOnlySpan<byte> sealedBytes)
    {
        var plain = new byte[sealedBytes.Length - HeadBytes - TagBytes];
        var aes = key.Take();
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
        finally
        {
            key.Return(aes);
        }

        return plain;
    }

    private sealed class Key(string secret)
    {
        private const int MaxDerived = 1000;

        // Deriving a key costs several times as much as decrypting a small value.
        private readonly ConcurrentDictionary<DeploymentId, DeploymentKey> _derived = [];

        public byte[] Id { get; } = SecretKeys.Id(secret);

        public DeploymentKey For(DeploymentId deployment)
        {
            if (!_derived.TryGetValue(deployment, out var key))
            {
                // Rarely are more than a few deployments active at a time: clearing is cheaper than tracking which ones
                // are old.
                if (_derived.Count >= MaxDerived)
                    _derived.Clear();
                _derived[deployment] = key = new DeploymentKey(Derive(deployment));
            }

            return key;
        }

        private byte[] Derive(DeploymentId deployment)
        {
            Span<byte> salt = stackalloc byte[36];
            Encoding.ASCII.GetBytes(deployment.ToString(), salt);
            return SecretKeys.ForValues(secret, salt);
        }
    }

    /// <summary>Keeps one cipher, which is not thread-safe: creating it costs as much as using it.</summary>
    private sealed class DeploymentKey(byte[] key)
    {
        private AesGcm? _spare;

        public AesGcm Take() => Interlocked.Exchange(ref _spare, null) ?? new AesGcm(key, TagBytes);

        public void Return(AesGcm aes) => Interlocked.Exchange(ref _spare, aes)?.Dispose();
    }
}

/// <summary>The place to which an encrypted value is bound.</summary>
/// <param name="Field"><c>value</c>, or a field of the record.</param>
/// <param name="Mark">The nonce of the write that encrypted it.</param>
internal readonly record struct Place(DeploymentId Deployment, string Field, string Name = "", string Mark = "")
{
    private const int LengthBytes = 2;

    /// <summary>The associated data: the version and key id at the head of what is sealed, and this place.</summary>
    public byte[] Bound(ReadOnlySpan<byte> sealedBytes)
    {
        const int head = 1 + SecretKeys.IdBytes;
        var id = Deployment.ToString();
        var utf8 = Encoding.UTF8;
        var text = id.Length + Field.Length + utf8.GetByteCount(Name) + Mark.Length;
        var bound = new byte[head + (4 * LengthBytes) + text];
        sealedBytes[..head].CopyTo(bound);
        Append(Append(Append(Append(bound.AsSpan(head), id), Field), Name), Mark);
        return bound;
    }

    /// <returns>The rest of the output.</returns>
    private static Span<byte> Append(Span<byte> output, string part)
    {
        var length = Encoding.UTF8.GetBytes(part, output[LengthBytes..]);
        BinaryPrimitives.WriteUInt16BigEndian(output, (ushort)length);
        return output[(LengthBytes + length)..];
    }
}

/// <summary>A stored value exists and cannot be decrypted.</summary>
internal sealed class UnreadableValueException(Place place, string cause, Exception? inner = null)
    : StoreDamagedException(
        $"The {place.Field}{(place.Field == "value" ? $" '{place.Name}'" : "")} of deployment {place.Deployment} " +
        $"can't be decrypted: {cause}.",
        inner);
