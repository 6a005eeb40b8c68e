using Goterra.Core;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Microsoft.AspNetCore.Diagnostics;

namespace Goterra.Api.Problems;

/// <summary>Everything that no outcome foresees ends here: a store out of reach, a request that breaks off, a fault of our own.</summary>
internal sealed partial class ProblemExceptionHandler(Limits limits, TimeProvider time, ILogger<ProblemExceptionHandler> logger) : IExceptionHandler
{
    public const string StoreIsFull = "The store is full. Nothing was written; reads still work. Writes succeed again as soon as there is room.";

    private const int MaxLogged = 1_000;

    // While the store takes no writes, each second brings thousands of the same problem.
    private static readonly TimeSpan LogInterval = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, long> _logged = [];

    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        // Whoever hung up reads no answer. 499 is what proxies write into their logs for this.
        if (context.RequestAborted.IsCancellationRequested)
        {
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return true;
        }

        var problem = exception switch
        {
            StoreFullException => ProblemBody.Of(507, StoreIsFull),
            StoreDamagedException => ProblemBody.Of(500, exception.Message + " See the server's log."),
            StoreUnavailableException => ProblemBody.Of(503, exception.Message + " Retry later."),
            UserDirectoryUnavailableException => ProblemBody.Of(503, "The service that knows the users can't be reached. Retry later; tokens still work."),
            BadHttpRequestException { StatusCode: 413 } => OutcomeProblems.OverLimit(413, new LimitHit("value_bytes", limits.ValueBytes)),
            BadHttpRequestException bad => ProblemBody.Of(bad.StatusCode, "The request breaks off or is not HTTP as it should be."),
            _ => ProblemBody.Of(500, "Something went wrong in the server. Its log says what."),
        };
        if (exception is StoreUnavailableException or UserDirectoryUnavailableException)
            LogRefused(exception, problem.Status);
        else if (exception is StoreDamagedException)
            LogDamaged(exception);
        else if (problem.Status == 500)
            Log.Unexpected(logger, exception);

        await ProblemResult.WriteAsync(context, problem);
        return true;
    }

    private void LogRefused(Exception exception, int status)
    {
        var level = IsDue(exception) ? LogLevel.Warning : LogLevel.Debug;
        var cause = exception.InnerException?.GetType().Name;
        Log.Refused(logger, level, status, exception.Message, cause);
    }

    private void LogDamaged(Exception exception)
    {
        var level = IsDue(exception) ? LogLevel.Error : LogLevel.Debug;
        Log.Damaged(logger, level, exception.Message);
    }

    private bool IsDue(Exception exception)
    {
        lock (_logged)
        {
            var now = time.GetTimestamp();
            if (_logged.TryGetValue(exception.Message, out var last) && time.GetElapsedTime(last, now) < LogInterval)
                return false;
            if (_logged.Count >= MaxLogged)
                _logged.Clear();
            _logged[exception.Message] = now;
            return true;
        }
    }

    private static partial class Log
    {
        [LoggerMessage("Requests are answered with {Status}: {Problem} Cause: {Cause}. Repeats are logged once a minute.")]
        public static partial void Refused(ILogger logger, LogLevel level, int status, string problem, string? cause);

        [LoggerMessage("{Problem} Repeats are logged once a minute.")]
        public static partial void Damaged(ILogger logger, LogLevel level, string problem);

        [LoggerMessage(LogLevel.Error, "A request failed unexpectedly.")]
        public static partial void Unexpected(ILogger logger, Exception exception);
    }
}
