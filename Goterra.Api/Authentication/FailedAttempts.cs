using System.Net;
using System.Threading.RateLimiting;
using Goterra.Api.Errors;
using Goterra.Api.Http;
using Goterra.Core.Model;

namespace Goterra.Api.Authentication;

/// <summary>
/// Counts wrong API keys by client network. Above the limit per minute, further attempts are throttled without asking
/// the auth service. Tokens and tickets are not counted: they cannot be guessed, and are checked without it.
/// </summary>
internal sealed class FailedAttempts(Limits limits) : IDisposable
{
    private readonly PartitionedRateLimiter<IPAddress> _failures =
        ClientNetwork.CreateLimiter<IPAddress>(limits.FailedAttempts, TimeSpan.FromMinutes(1));

    private readonly Dictionary<IPAddress, Dictionary<string, int>> _inFlight = [];

    public ProblemBody Problem { get; } = OutcomeProblems.OverLimit(
        StatusCodes.Status429TooManyRequests, new LimitHit("failed_attempts", limits.FailedAttempts));

    /// <summary>
    /// Begins an attempt that takes time. Attempts in flight count as failed, so that concurrent guesses have no
    /// advantage over sequential ones. Concurrent attempts with the same credential count once.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="hash">The hash of the credential.</param>
    /// <returns>Null if the attempt is throttled.</returns>
    public IDisposable? Begin(HttpContext context, string hash)
    {
        var network = ClientAddress.NetworkOf(context);
        lock (_inFlight)
        {
            var inFlight = _inFlight.GetValueOrDefault(network) ?? [];
            var others = inFlight.ContainsKey(hash) ? inFlight.Count - 1 : inFlight.Count;
            if (_failures.GetStatistics(network) is { } left && left.CurrentAvailablePermits - others < 1)
                return null;

            inFlight[hash] = inFlight.GetValueOrDefault(hash) + 1;
            _inFlight[network] = inFlight;
            return new Attempt(this, network, hash);
        }
    }

    /// <summary>Counts a failed attempt.</summary>
    public void Count(HttpContext context) => _failures.AttemptAcquire(ClientAddress.NetworkOf(context)).Dispose();

    public void Dispose() => _failures.Dispose();

    private void End(IPAddress network, string hash)
    {
        lock (_inFlight)
        {
            var inFlight = _inFlight[network];
            if (--inFlight[hash] == 0)
                inFlight.Remove(hash);
            if (inFlight.Count == 0)
                _inFlight.Remove(network);
        }
    }

    private sealed class Attempt(FailedAttempts attempts, IPAddress network, string hash) : IDisposable
    {
        public void Dispose() => attempts.End(network, hash);
    }
}
