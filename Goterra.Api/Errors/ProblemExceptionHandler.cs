using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Microsoft.AspNetCore.Diagnostics;

namespace Goterra.Api.Errors;

/// <summary>Handles all exceptions: an unavailable store, an aborted request, a bug.</summary>
internal sealed partial class ProblemExceptionHandler(TimeProvider time, ILogger<ProblemExceptionHandler> logger)
    : IExceptionHandler
{
    public const string StoreIsFull =
        "The store is full. Nothing was written; reads still work. Retry when there is space again.";

    private const int MaxLogged = 1_000;

    // While the store accepts no writes, each second brings thousands of the same problem.
    private static readonly TimeSpan LogInterval = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, long> _logged = [];

    public async ValueTask<bool> TryHandleAsync(
        HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        // The client has disconnected. 499 is the status that proxies log for this.
        if (context.RequestAborted.IsCancellationRequested)
        {
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return true;
        }

        var problem = exception switch
        {
            StoreFullException => ProblemBody.Of(507, StoreIsFull),
            StoreDamagedException => ProblemBody.Of(500, exception.Message + " See the server's log for details."),
            StoreUnavailableException => ProblemBody.Of(503, exception.Message + " Retry later."),
            UserDirectoryUnavailableException =>
                ProblemBody.Of(
                    503,
                    "The auth service is unavailable: API keys and sessions cannot be checked. Retry later; "
                    + "tokens still work."),
            OutOfMemoryException => ProblemBody.Of(503, "The server is out of memory. Retry later."),
            BadHttpRequestException bad =>
                ProblemBody.Of(bad.StatusCode, "The request is incomplete or not valid HTTP."),
            _ => ProblemBody.Of(500, "Internal server error. See the server's log for details."),
        };
        if (exception is StoreUnavailableException or UserDirectoryUnavailableException or OutOfMemoryException)
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
        // With an inner exception, the store has logged that it is unavailable, and why.
        var isLogged = exception is StoreUnavailableException { InnerException: not null } and not StoreFullException;
        var level = !isLogged && IsDue(exception) ? LogLevel.Warning : LogLevel.Debug;
        var problem = exception.InnerException is { } cause
            ? $"{exception.Message} Cause: {cause.GetType().Name}."
            : exception.Message;
        Log.Refused(logger, level, status, problem);
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
        [LoggerMessage("Responding with {Status}: {Problem} Repeats are logged once a minute.")]
        public static partial void Refused(ILogger logger, LogLevel level, int status, string problem);

        [LoggerMessage("{Problem} Repeats are logged once a minute.")]
        public static partial void Damaged(ILogger logger, LogLevel level, string problem);

        [LoggerMessage(LogLevel.Error, "Unhandled exception.")]
        public static partial void Unexpected(ILogger logger, Exception exception);
    }
}
