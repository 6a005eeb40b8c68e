using System.Net;
using System.Security.Cryptography;
using Goterra.Bench.Reliability;

namespace Goterra.Bench.Soak;

/// <summary>
/// One installation from its beginning to its end: eight workers wait for the master's token, store values of their
/// own, a barrier waits for all of them, every value is read and compared, and the deployment is deleted.
/// </summary>
internal sealed class Installation(StoreApi api, Tally tally)
{
    private const int Workers = 8;
    private const int LargeValue = 9_000_000;

    /// <param name="large">Whether one of the workers stores a value of 9 MB.</param>
    public async Task RunAsync(bool large, CancellationToken cancellationToken)
    {
        tally.Request();
        var deployment = await api.CreateAsync(cancellationToken);
        var token = RandomNumberGenerator.GetBytes(64);
        var waits = Enumerable.Range(0, Workers)
            .Select(_ => ExpectAsync(
                "a wait", api.GetAsync(deployment, "join_token", "20s", cancellationToken), HttpStatusCode.OK, token))
            .ToList();
        await ExpectAsync("a PUT", api.PutAsync(deployment, "join_token", token, cancellationToken));
        await Task.WhenAll(waits);

        var barrier = ExpectAsync("a barrier", api.BarrierAsync(deployment, "node/", Workers, cancellationToken));
        var values = Enumerable.Range(0, Workers).Select(worker => RandomNumberGenerator.GetBytes(
            large && worker == 0 ? LargeValue : RandomNumberGenerator.GetInt32(1, 4_000))).ToList();
        await Task.WhenAll(values.Select((value, worker) => ExpectAsync(
            "a PUT", api.PutAsync(deployment, $"node/{worker}", value, cancellationToken))));
        await barrier;
        foreach (var (value, worker) in values.Select((value, worker) => (value, worker)))
            await ExpectAsync(
                "a GET", api.GetAsync(deployment, $"node/{worker}", null, cancellationToken), HttpStatusCode.OK, value);

        await ExpectAsync("a DELETE", api.DeleteAsync(deployment, "node/1", cancellationToken));
        await ExpectAsync(
            "a GET of a removed key", api.GetAsync(deployment, "node/1", null, cancellationToken),
            HttpStatusCode.NotFound);
        await ExpectAsync("the deletion", api.DeleteAsync(deployment, cancellationToken));
        await ExpectAsync(
            "a GET after the deletion", api.GetAsync(deployment, "node/2", null, cancellationToken),
            HttpStatusCode.Gone);
    }

    private async Task ExpectAsync(
        string what, Task<Answer> call, HttpStatusCode status = HttpStatusCode.OK, byte[]? value = null)
    {
        tally.Request();
        var answer = await call;
        if (answer.Status != status)
            tally.Error($"{what} was answered with {(int)answer.Status} instead of {(int)status}");
        else if (value is not null && !answer.Body.AsSpan().SequenceEqual(value))
            tally.Error($"{what} returned another value");
    }
}
