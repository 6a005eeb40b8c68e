using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Goterra.Bench.Reliability;

namespace Goterra.Bench.Faults;

/// <summary>
/// A load that knows what each answer may be. Writers count upwards in keys of their own; readers expect at least the
/// last acknowledged number; waiters expect the value that is stored for them, and to be answered.
/// </summary>
/// <param name="servers">The instances; a call that fails goes to the next one.</param>
internal sealed class Checker(IReadOnlyList<IPEndPoint> servers) : IDisposable
{
    private const int Writers = 8;
    private const int Readers = 8;
    private const int Pairs = 8;

    private static readonly TimeSpan Before = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan After = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LastTimeout = TimeSpan.FromMinutes(2);

    private readonly List<StoreApi> _apis = [.. servers.Select(server => new StoreApi(server))];
    private readonly ConcurrentDictionary<string, Sequence> _sequences = new();
    private readonly CheckResult _result = new();
    private int _next;

    /// <summary>Runs the load before, during and after the fault, and then compares everything.</summary>
    /// <param name="fault">Returns when the fault has been repaired.</param>
    public async Task<CheckResult> RunAsync(Func<Task> fault)
    {
        var deployment = await _apis[0].CreateAsync(CancellationToken.None);
        using var end = new CancellationTokenSource();
        var load = Enumerable.Range(0, Writers).Select(number => WriteAsync(deployment, number, end.Token))
            .Concat(Enumerable.Range(0, Readers).Select(_ => ReadAsync(deployment, end.Token)))
            .Concat(Enumerable.Range(0, Pairs).Select(number => WaitAsync(deployment, number, end.Token)))
            .ToList();
        await Task.Delay(Before, TimeProvider.System);
        try
        {
            await fault();
            await Task.Delay(After, TimeProvider.System);
        }
        finally
        {
            await end.CancelAsync();
        }

        await Task.WhenAll(load);
        await Parallel.ForEachAsync(
            _sequences.Keys,
            async (key, cancellationToken) =>
            {
                for (var start = TimeProvider.System.GetTimestamp(); !await CompareAsync(deployment, key);)
                {
                    if (TimeProvider.System.GetElapsedTime(start) > LastTimeout)
                    {
                        _result.Error($"{key} could not be read after the fault");
                        return;
                    }

                    await Task.Delay(RetryInterval, TimeProvider.System, cancellationToken);
                }
            });
        return _result;
    }

    public void Dispose() => _apis.ForEach(api => api.Dispose());

    private async Task WriteAsync(Credential deployment, int writer, CancellationToken end)
    {
        for (var (generation, number) = (0, 1); !end.IsCancellationRequested; number++)
        {
            var key = string.Create(CultureInfo.InvariantCulture, $"w/{writer}/{generation}");
            var sequence = _sequences.GetOrAdd(key, _ => new Sequence());
            sequence.Attempted = number;
            var status = await CallAsync(api => api.PutAsync(deployment, key, Bytes(number), CancellationToken.None));
            if (status is { Status: HttpStatusCode.OK })
            {
                sequence.Acknowledged = number;
                _result.Acknowledge();
                continue;
            }

            // It may still be written, later than the next one: that one gets a key of its own.
            generation++;
            number = 0;
            await Task.Delay(RetryInterval, TimeProvider.System, CancellationToken.None);
        }
    }

    private async Task ReadAsync(Credential deployment, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            var keys = _sequences.Keys.ToArray();
            if (keys.Length == 0 || !await CompareAsync(deployment, keys[RandomNumberGenerator.GetInt32(keys.Length)]))
                await Task.Delay(RetryInterval, TimeProvider.System, CancellationToken.None);
        }
    }

    /// <returns>Whether the store gave an answer.</returns>
    private async Task<bool> CompareAsync(Credential deployment, string key)
    {
        var acknowledged = _sequences[key].Acknowledged;
        var answer = await CallAsync(api => api.GetAsync(deployment, key, null, CancellationToken.None));
        if (answer is not { Status: HttpStatusCode.OK or HttpStatusCode.NotFound })
            return false;
        var found = answer.Status == HttpStatusCode.OK
            ? int.Parse(Encoding.ASCII.GetString(answer.Body), CultureInfo.InvariantCulture)
            : 0;
        if (found < acknowledged || found > _sequences[key].Attempted)
            _result.Error(string.Create(
                CultureInfo.InvariantCulture,
                $"{key}: read {found}, acknowledged {acknowledged}, attempted {_sequences[key].Attempted}"));
        _result.Read();
        return true;
    }

    private async Task WaitAsync(Credential deployment, int pair, CancellationToken end)
    {
        for (var number = 0; !end.IsCancellationRequested; number++)
        {
            var key = string.Create(CultureInfo.InvariantCulture, $"p/{pair}/{number}");
            var expected = Bytes(number);
            var wait = UntilFoundAsync(deployment, key);
            await Task.Delay(RetryInterval, TimeProvider.System, CancellationToken.None);
            while (await CallAsync(api => api.PutAsync(deployment, key, expected, CancellationToken.None))
                is not { Status: HttpStatusCode.OK })
                await Task.Delay(RetryInterval, TimeProvider.System, CancellationToken.None);
            _result.Acknowledge();
            var acknowledgedAt = TimeProvider.System.GetTimestamp();
            if (await Task.WhenAny(wait, Task.Delay(WaitTimeout, TimeProvider.System, CancellationToken.None)) != wait)
            {
                _result.Error($"{key}: the wait was not answered within a minute of the PUT");
                return;
            }

            if (!(await wait).AsSpan().SequenceEqual(expected))
                _result.Error($"{key}: the wait was answered with another value");
            _result.Woken(TimeProvider.System.GetElapsedTime(acknowledgedAt));
            // Otherwise a long run would reach the limit of keys.
            await CallAsync(api => api.DeleteAsync(deployment, key, CancellationToken.None));
        }
    }

    private async Task<byte[]> UntilFoundAsync(Credential deployment, string key)
    {
        while (true)
        {
            var answer = await CallAsync(api => api.GetAsync(deployment, key, "20s", CancellationToken.None));
            if (answer is { Status: HttpStatusCode.OK })
                return answer.Body;
            await Task.Delay(RetryInterval, TimeProvider.System, CancellationToken.None);
        }
    }

    /// <returns>Null if there was no answer.</returns>
    private async Task<Answer?> CallAsync(Func<StoreApi, Task<Answer>> call)
    {
        try
        {
            var answer = await call(_apis[(int)((uint)Volatile.Read(ref _next) % _apis.Count)]);
            if (answer.Status is HttpStatusCode.OK or HttpStatusCode.NotFound)
                return answer;
            _result.Refused();
            if (answer.Status is not (HttpStatusCode.ServiceUnavailable or HttpStatusCode.InsufficientStorage))
                _result.Error($"an answer was {(int)answer.Status}");
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            _result.Refused();
        }

        Interlocked.Increment(ref _next);
        return null;
    }

    private static byte[] Bytes(int number) =>
        Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));

    /// <summary>The numbers of one key. One writer sets them, in this order.</summary>
    private sealed class Sequence
    {
        private int _attempted;
        private int _acknowledged;

        public int Attempted
        {
            get => Volatile.Read(ref _attempted);
            set => Volatile.Write(ref _attempted, value);
        }

        public int Acknowledged
        {
            get => Volatile.Read(ref _acknowledged);
            set => Volatile.Write(ref _acknowledged, value);
        }
    }
}
