using System.Globalization;
using System.Text;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Infrastructure.Encryption;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>Opens failures and takes them back, and prepares switches.</summary>
internal sealed class RedisFailures(RedisConnection store, RedisKeys keys, ValueCipher cipher, SourceHash sources)
{
    /// <summary>See <see cref="IDeploymentRepository.FailAsync"/>.</summary>
    public Task<OutcomeKind> FailAsync(
        DeploymentId id, EpochProof epoch, FailureReport report, CancellationToken cancellationToken) =>
        SendAsync(
            RedisScripts.Fail,
            id,
            [
                RedisArguments.Proof(epoch), sources.Of(id, report.Source), report.TokenFamily ?? "-",
                StoredFailure.Seal(cipher, id, new FailureNote(report.Source?.Text, report.Reason)),
            ],
            cancellationToken);

    /// <summary>See <see cref="IDeploymentRepository.ResumeAsync"/>.</summary>
    public Task<OutcomeKind> ResumeAsync(
        DeploymentId id, EpochProof epoch, Resumption resumption, CancellationToken cancellationToken) =>
        SendAsync(
            RedisScripts.Resume,
            id,
            resumption.Source is { } source
                ?
                [
                    RedisArguments.Proof(epoch), sources.Of(id, source), resumption.TokenFamily ?? "-",
                    StoredFailure.Seal(cipher, id, new FailureNote(source.Text, "")),
                ]
                : [RedisArguments.Proof(epoch), "", "-", ""],
            cancellationToken);

    /// <summary>The switch of a write as it is stored; empty for none. See <see cref="RedisKeys"/>.</summary>
    public RedisValue SwitchOf(ValueWrite write)
    {
        if (write is not { OnLapse: { } report, Lease: { } lease })
            return RedisValue.EmptyString;

        var head = string.Create(
            CultureInfo.InvariantCulture,
            $"{(long)lease.TotalMilliseconds} {write.Epoch.Namespace ?? "*"} {write.Epoch.Tickets ?? "*"} "
            + $"{report.TokenFamily ?? "-"} {sources.Of(write.Id, report.Source)}\n");
        var note = new FailureNote(report.Source?.Text, report.Reason);
        return (byte[])[.. Encoding.ASCII.GetBytes(head), .. StoredFailure.Seal(cipher, write.Id, note)];
    }

    private async Task<OutcomeKind> SendAsync(
        RedisScript script, DeploymentId id, RedisValue[] arguments, CancellationToken cancellationToken) =>
        RedisReplies.Outcome(await store.EvaluateAsync(
            script,
            [keys.Record(id), keys.Events(id), keys.Failures(id)],
            [.. arguments, store.Publication(id), ChangeMessage.All(id)],
            cancellationToken)).Kind;
}
