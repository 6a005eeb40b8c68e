using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Infrastructure.Encryption;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>Stores and removes values.</summary>
internal sealed class RedisValueWriter(
    RedisConnection store, RedisKeys keys, RedisValueReader reader, RedisLeases leases, RedisFailures failures,
    ValueCipher cipher, WriteFingerprint fingerprint, Limits limits)
{
    public async Task<Outcome> PutAsync(
        ValueWrite write, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        var fingerprints = Fingerprints(write, "put", value.Span);
        if (write.Lease is not { } lease)
            return await StoreAsync(write, value, fingerprints, cancellationToken);

        await leases.ScheduleSweepAsync(write.Id, write.Key, lease, cancellationToken);
        Outcome? outcome = null;
        try
        {
            // Retried if the value changed between read and renewal to another one that the condition names.
            while (write.Condition.Kind == ConditionKind.Matches)
            {
                outcome = await leases.TryRenewAsync(
                    write,
                    lease,
                    value,
                    await reader.ReadEvenIfLapsedAsync(write.Id, write.Key.Text, cancellationToken),
                    fingerprints,
                    cancellationToken);
                if (outcome is not { Kind: OutcomeKind.ConditionFailed, Tag: { } tag }
                    || !write.Condition.Nonces.Contains(tag.Nonce))
                    break;
            }

            return outcome ??= await StoreAsync(write, value, fingerprints, cancellationToken);
        }
        finally
        {
            // Also if the outcome is unknown: the write may have been carried out. And for a renewal that shortens the
            // lease: a sweep may have postponed its check.
            if (outcome is null or { Kind: OutcomeKind.Done })
                await leases.TryScheduleSweepAsync(write.Id, write.Key, lease);
        }
    }

    private async Task<Outcome> StoreAsync(
        ValueWrite write, ReadOnlyMemory<byte> value, RedisValue fingerprints, CancellationToken cancellationToken)
    {
        var mark = EntityTag.NewNonce();
        return RedisReplies.Outcome(await store.EvaluateAsync(
            RedisScripts.Put,
            KeysOf(write),
            [
                RedisArguments.Proof(write.Epoch), write.Key.Text,
                cipher.Seal(new Place(write.Id, "value", write.Key.Text, mark), value.Span), mark, value.Length,
                Text(write.Condition), fingerprints, limits.Keys, limits.DeploymentBytes,
                store.Publication(write.Id), ChangeMessage.Key(write.Id, write.Key),
                RedisArguments.Milliseconds(write.Lease), RedisArguments.Of(write.Fence), WriterOf(write),
                failures.SwitchOf(write), leases.RenewableSince, ChangeMessage.All(write.Id),
            ],
            value.Length,
            cancellationToken));
    }

    public async Task<Outcome> RemoveAsync(ValueWrite write, CancellationToken cancellationToken) =>
        RedisReplies.Outcome(await store.EvaluateAsync(
            RedisScripts.Remove,
            KeysOf(write),
            [
                RedisArguments.Proof(write.Epoch), write.Key.Text, Text(write.Condition),
                Fingerprints(write, "remove", []),
                store.Publication(write.Id), ChangeMessage.Key(write.Id, write.Key), RedisArguments.Of(write.Fence),
                WriterOf(write),
            ],
            cancellationToken));

    private RedisKey[] KeysOf(ValueWrite write) =>
    [
        keys.Record(write.Id), keys.Names(write.Id), keys.Index(write.Id), keys.Value(write.Id, write.Key.Text),
        keys.Replay(write.Id, write.IdempotencyKey),
        keys.Events(write.Id), keys.Value(write.Id, (write.Fence?.Key ?? write.Key).Text),
        keys.Switches(write.Id), keys.Failures(write.Id),
    ];

    private RedisValue WriterOf(ValueWrite write) =>
        SealedWriter.Seal(cipher, write) is { } writer ? Convert.ToBase64String(writer) : RedisValue.EmptyString;

    // Concatenated, as the prologue's first_answer expects.
    private RedisValue Fingerprints(ValueWrite write, string verb, ReadOnlySpan<byte> value) =>
        write.IsReplayable ? string.Concat(fingerprint.Of(write, verb, value)) : RedisValue.EmptyString;

    private static string Text(WriteCondition condition) => condition.Kind switch
    {
        ConditionKind.None => "",
        ConditionKind.Absent => "absent",
        ConditionKind.Exists => "exists",
        // The script searches for a nonce between spaces. One with a space is not of this server and never matches.
        _ => $" {string.Join(' ', condition.Nonces.Where(nonce => !nonce.Contains(' ', StringComparison.Ordinal)))} ",
    };
}
