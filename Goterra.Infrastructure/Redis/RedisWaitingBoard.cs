using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Goterra.Core.Model;
using Goterra.Core.Waiting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>
/// Shares the waits of this instance with the others: changes every 2 s, and the rest often enough not to expire after
/// 10 s.
/// </summary>
internal sealed partial class RedisWaitingBoard(
    RedisConnection store, RedisKeys keys, WaitRegistry list, TimeProvider time,
    ILogger<RedisWaitingBoard> logger) : BackgroundService, IRemoteWaits
{
    private const int MaxShown = 1000;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ToleratedDifference = TimeSpan.FromSeconds(30);

    private readonly string _me = RandomNumberGenerator.GetHexString(16, lowercase: true);
    private readonly Dictionary<DeploymentId, (string Ids, DateTimeOffset At)> _posted = [];
    private readonly
        Dictionary<DeploymentId, Dictionary<(string, string?, string?, string?, int?), WaitInfo>> _published = [];
    private volatile string[] _others = [];
    private bool _clocksDiffer;

    // The key expires after 10 s.
    private async Task PostAsync(
        DeploymentId deployment, IReadOnlyList<WaitInfo> waits, CancellationToken cancellationToken)
    {
        var key = keys.Waiting(deployment, _me);
        if (waits.Count == 0)
        {
            await store.CallAsync(db => db.KeyDeleteAsync(key), cancellationToken);
            return;
        }

        var json = JsonSerializer.SerializeToUtf8Bytes([.. waits.Take(MaxShown)], StoredWaits.Default.WaitInfoArray);
        await store.CallAsync(db => db.StringSetAsync(key, json, Life), cancellationToken);
    }

    public async Task<IReadOnlyList<WaitInfo>> ListAsync(DeploymentId deployment, CancellationToken cancellationToken)
    {
        var others = _others;
        if (others.Length == 0)
            return [];

        var shown = await store.CallAsync(
            db => db.StringGetAsync([.. others.Select(other => keys.Waiting(deployment, other))]), cancellationToken);
        return
        [
            .. shown.Where(json => json.HasValue)
                .SelectMany(json => JsonSerializer.Deserialize((byte[])json!, StoredWaits.Default.WaitInfoArray)!),
        ];
    }

    /// <summary>Publishes local waits and reads those of the other instances.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        // By the clock of Redis: those of the instances may differ.
        var now = time.GetUtcNow();
        var seen = await store.EvaluateAsync(
            RedisScripts.Board, [keys.Instances], [_me, RedisArguments.Milliseconds(Life)], cancellationToken);
        CompareClocks(RedisReplies.Time(seen[0]) - now);
        _others = [.. seen.Skip(1).Select(instance => (string)instance!).Where(instance => instance != _me)];

        // Expired meanwhile.
        foreach (var (deployment, _) in _posted.Where(posted => now - posted.Value.At > Life).ToList())
            _posted.Remove(deployment);

        foreach (var (deployment, waits) in list.ListAll())
        {
            var ids = string.Join(' ', waits.Take(MaxShown).Select(wait => wait.Id));
            var posted = _posted.GetValueOrDefault(deployment);
            if (ids == (posted.Ids ?? "") && (ids.Length == 0 || now - posted.At < Refresh))
                continue;

            await PostAsync(deployment, waits, cancellationToken);
            if (ids.Length == 0)
                _posted.Remove(deployment);
            else
                _posted[deployment] = (ids, now);
        }

        await NotifyAsync(cancellationToken);
    }

    private void CompareClocks(TimeSpan difference)
    {
        var differs = difference.Duration() >= ToleratedDifference;
        if (differs && !_clocksDiffer)
            Log.ClocksDiffer(logger, difference > TimeSpan.Zero ? "behind" : "ahead of", difference.Duration());
        _clocksDiffer = differs;
    }

    /// <summary>
    /// Notifies local subscribers of waits that began or ended at other instances. The result of such a wait is
    /// unknown.
    /// </summary>
    private async Task NotifyAsync(CancellationToken cancellationToken)
    {
        var followed = list.Notifications.Subscribed;
        foreach (var deployment in _published.Keys.Except(followed).ToList())
            _published.Remove(deployment);

        foreach (var deployment in followed)
        {
            var others = await ListAsync(deployment, cancellationToken);
            var now = others.GroupBy(wait => wait.Identity)
                .ToDictionary(same => same.Key, same => same.First());

            // The first round after a subscription reports all waits: one that began just before the snapshot may not
            // have been published yet.
            var before = _published.GetValueOrDefault(deployment) ?? [];
            foreach (var (_, shown) in before.Where(wait => !now.ContainsKey(wait.Key)))
                list.Notifications.Publish(deployment, () => shown, WaitResult.Unknown);
            foreach (var (_, shown) in now.Where(wait => !before.ContainsKey(wait.Key)))
                list.Notifications.Publish(deployment, () => shown, result: null);
            _published[deployment] = now;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                await FlushAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Log.Failed(logger, e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "The clock of this machine is {Direction} that of Redis by {Difference}. The clock of Redis decides when "
            + "tokens expire. Synchronize both (NTP).")]
        public static partial void ClocksDiffer(ILogger logger, string direction, TimeSpan difference);

        [LoggerMessage(LogLevel.Debug, "Could not share waits with the other instances. Retrying in 2 s.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}

[JsonSerializable(typeof(WaitInfo[]))]
internal sealed partial class StoredWaits : JsonSerializerContext;
