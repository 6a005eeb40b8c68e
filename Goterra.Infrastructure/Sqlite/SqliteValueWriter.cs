using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Infrastructure.Encryption;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>Stores and removes values: large ones as files of their own, before the row is queued.</summary>
internal sealed class SqliteValueWriter(
    SqliteStore store, ValueCipher cipher, WriteFingerprint fingerprint, Limits limits, SqliteFailures failures)
{
    public Task<Outcome> PutAsync(
        ValueWrite write, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var command = Command(write, "put", value.Span);
        return RunAsync(write, command, () => PutAsync(write, command, value, cancellationToken));
    }

    public Task<Outcome> RemoveAsync(ValueWrite write)
    {
        var command = Command(write, "remove", []);
        return RunAsync(write, command, async () =>
        {
            var outcome = await store.WriteAsync(command.Remove, mayUseReserve: true);
            store.Files.RemoveReleased();
            return outcome;
        });
    }

    /// <summary>A write that was already carried out is answered even if the disk no longer accepts writes.</summary>
    private async Task<Outcome> RunAsync(ValueWrite write, SqliteValueWrites command, Func<Task<Outcome>> run)
    {
        try
        {
            return await run();
        }
        catch (Exception e) when (write.IsReplayable && e is StoreUnavailableException)
        {
            if (await store.ReadAsync(command.FindAnswer) is { } answer)
                return answer;
            throw;
        }
    }

    private async Task<Outcome> PutAsync(
        ValueWrite write, SqliteValueWrites command, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        var mark = EntityTag.NewNonce();
        var place = new Place(write.Id, "value", write.Key.Text, mark);
        var isSmall = value.Length + ValueCipher.Overhead <= store.Files.Threshold;
        var put = new NewValue(
            value, mark, isSmall ? cipher.Seal(place, value.Span) : null,
            isSmall ? null : await WriteFileAsync(place, value, cancellationToken))
        {
            Switch = failures.SwitchOf(write),
        };
        var usesFile = true;
        try
        {
            var outcome = await store.WriteAsync(
                session => command.Put(session, put), bytes: isSmall ? value.Length : 0);
            usesFile = outcome.Tag?.Nonce == mark;
            return outcome;
        }
        catch (Exception e) when (put.File is not null
            && e is StoreFullException or not StoreUnavailableException { InnerException: not null })
        {
            // After other disk faults it is unknown whether the row survives a crash. If not, the next start removes
            // the file.
            usesFile = await store.ReadAsync(
                session => session.First("SELECT 1 FROM \"values\" WHERE file = ?1", _ => true, put.File));
            throw;
        }
        finally
        {
            if (put.File is not null && !usesFile)
                store.Files.Release(put.File);
            store.Files.RemoveReleased();
        }
    }

    private SqliteValueWrites Command(ValueWrite write, string verb, ReadOnlySpan<byte> value) =>
        new(write, write.IsReplayable ? fingerprint.Of(write, verb, value) : [], limits, store, cipher);

    private async Task<string> WriteFileAsync(
        Place place, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        if (store.Health.Removal is { } removal)
            throw new StoreUnavailableException(removal);
        try
        {
            return await store.Files.WriteAsync(
                value.Length + ValueCipher.Overhead,
                output => cipher.Seal(place, value.Span, output.Span),
                cancellationToken);
        }
        catch (Exception e) when (SqliteFaults.IsFault(e))
        {
            throw store.Health.Report(e);
        }
    }
}
