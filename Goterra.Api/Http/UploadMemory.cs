using System.Threading.RateLimiting;
using Goterra.Api.Errors;
using Goterra.Core.Model;

namespace Goterra.Api.Http;

/// <summary>
/// The memory of request bodies (<c>limits.upload_bytes</c>). The first bytes of each body are free; a longer one
/// reserves its whole length at once, so that two half-received ones never wait for each other.
/// </summary>
internal sealed class UploadMemory(Limits limits, TimeProvider time) : IDisposable
{
    /// <summary>Bytes of each body that need no reservation.</summary>
    public const int FreeBytes = 64 * 1024;

    private const int UnitBytes = 1024;
    private static readonly TimeSpan MaxQueueing = TimeSpan.FromSeconds(15);

    private readonly int _units = Units(limits.UploadBytes);
    private readonly ConcurrencyLimiter _memory = new(new ConcurrencyLimiterOptions
    {
        PermitLimit = Units(limits.UploadBytes),
        QueueLimit = int.MaxValue,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    public ProblemBody Problem { get; } = OutcomeProblems.OverLimit(
        StatusCodes.Status503ServiceUnavailable, new LimitHit("upload_bytes", limits.UploadBytes));

    /// <summary>The bytes that are reserved now.</summary>
    public long ReservedBytes =>
        (long)(_units - (_memory.GetStatistics()?.CurrentAvailablePermits ?? _units)) * UnitBytes;

    /// <summary>
    /// Reserves memory until the end of the request. If all is in use, waits for some; the client is not read from
    /// meanwhile.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="bytes">A body longer than the limit gets all of it for itself.</param>
    /// <param name="cancellationToken">Canceled if the client disconnects.</param>
    /// <returns>False if none became free in time.</returns>
    public async ValueTask<bool> TryReserveAsync(HttpRequest request, long bytes, CancellationToken cancellationToken)
    {
        var units = Math.Min(Units(bytes), _units);
        var lease = _memory.AttemptAcquire(units);
        if (!lease.IsAcquired)
        {
            using var timeout = new CancellationTokenSource(MaxQueueing, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
            try
            {
                lease = await _memory.AcquireAsync(units, either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return false;
            }
        }

        request.HttpContext.Response.RegisterForDispose(lease);
        return lease.IsAcquired;
    }

    public void Dispose() => _memory.Dispose();

    private static int Units(long bytes) => (int)((bytes + UnitBytes - 1) / UnitBytes);
}
