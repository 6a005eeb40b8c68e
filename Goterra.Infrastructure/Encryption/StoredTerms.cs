using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Goterra.Core.Access;
using Goterra.Core.Model;
using Goterra.Core.Tokens;

namespace Goterra.Infrastructure.Encryption;

/// <summary>The terms of a ticket, as they are encrypted.</summary>
/// <param name="Read">Null with full scope.</param>
internal sealed record StoredTerms(
    string Name, string Uid, string[]? Read, string[]? Write, bool Fail, long? Until, bool Observe = false)
{
    private static StoredTerms From(TicketTerms terms)
    {
        var narrow = terms.Scope as NarrowScope;
        return new StoredTerms(
            terms.Name,
            terms.Uid,
            terms.Scope.IsFull ? null : [.. narrow?.Read.Select(pattern => pattern.Text) ?? []],
            terms.Scope.IsFull ? null : [.. narrow?.Write.Select(pattern => pattern.Text) ?? []],
            terms.Scope.Fails,
            terms.NotAfter?.ToUnixTimeSeconds(),
            terms.Scope == Scope.Observe);
    }

    public static byte[] Seal(ValueCipher cipher, DeploymentId id, string hash, TicketTerms terms) =>
        cipher.Seal(
            PlaceOf(id, hash), JsonSerializer.SerializeToUtf8Bytes(From(terms), StoredTermsJson.Default.StoredTerms));

    public static TicketTerms Open(ValueCipher cipher, DeploymentId id, string hash, ReadOnlySpan<byte> sealedTerms) =>
        JsonSerializer.Deserialize(
            cipher.Open(PlaceOf(id, hash), sealedTerms), StoredTermsJson.Default.StoredTerms)!.ToTerms();

    /// <summary>Seals the address and name of the client that redeems a ticket.</summary>
    public static byte[] SealClient(ValueCipher cipher, TicketUse use) =>
        cipher.Seal(new Place(use.Id, "redeemer", use.Hash), Encoding.UTF8.GetBytes(use.Client));

    public static string OpenClient(
        ValueCipher cipher, DeploymentId id, string hash, ReadOnlySpan<byte> sealedClient) =>
        Encoding.UTF8.GetString(cipher.Open(new Place(id, "redeemer", hash), sealedClient));

    private static Place PlaceOf(DeploymentId id, string hash) => new(id, "ticket", hash);

    // Encrypted by this software: a missing member means damage, and the parser refuses it.
    private TicketTerms ToTerms() => new(
        Name,
        Uid,
        Observe ? Scope.Observe
            : Read is null && Write is null ? Scope.Full
            : new NarrowScope(Patterns(Read ?? []), Patterns(Write ?? []), Fail),
        Until is { } until ? DateTimeOffset.FromUnixTimeSeconds(until) : null);

    private static IReadOnlyList<KeyPattern> Patterns(string[] texts) =>
    [
        .. texts.Select(text => KeyPattern.TryParse(text, out var pattern, out _)
            ? pattern
            : throw new InvalidOperationException("A key pattern of the ticket is malformed.")),
    ];
}

[JsonSerializable(typeof(StoredTerms))]
internal sealed partial class StoredTermsJson : JsonSerializerContext;
