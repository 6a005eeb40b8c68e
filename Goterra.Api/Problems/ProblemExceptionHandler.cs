using Goterra.Core;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Microsoft.AspNetCore.Diagnostics;

namespace Goterra.Api.Problems;

/// <summary>Everything that no outcome foresees ends here: a store out of reach, a request that breaks off, a fault of our own.</summary>
internal sealed partial class ProblemExceptionHandler(Limits limits, ILogger<ProblemExceptionHandler> logger) : IExceptionHandler
{
    public const string StoreIsFull = "The store is full. Nothing was written; reads still work. Writes succeed again as soon as there is room.";

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
            StoreDamagedException => ProblemBody.Of(500, "This part of the store is damaged. The operator finds more in the server's log."),
            StoreUnavailableException => ProblemBody.Of(503, exception.Message + " Try again in a moment."),
            UserDirectoryUnavailableException => ProblemBody.Of(503, "The service that knows the users can't be reached right now. Ask again in a moment; tokens go on working."),
            BadHttpRequestException { StatusCode: 413 } => OutcomeProblems.OverLimit(413, new LimitHit("value_bytes", limits.ValueBytes)),
            BadHttpRequestException bad => ProblemBody.Of(bad.StatusCode, "The request breaks off or is not HTTP as it should be."),
            _ => ProblemBody.Of(500, "Something went wrong in the server. Its log says what."),
        };
        if (exception is StoreFullException)
            Log.StoreFull(logger, exception.Message);
        else if (exception is StoreUnavailableException)
            Log.StoreUnavailable(logger, exception.Message, exception.InnerException?.GetType().Name);
        else if (exception is UserDirectoryUnavailableException)
            Log.DirectoryUnavailable(logger, exception.Message);
        else if (problem.Status == 500 && exception is not StoreDamagedException)
            Log.Unexpected(logger, exception);

        await ProblemResult.WriteAsync(context, problem);
        return true;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The store is full: {Cause}")]
        public static partial void StoreFull(ILogger logger, string cause);

        [LoggerMessage(LogLevel.Warning, "{Problem} Cause: {Cause}.")]
        public static partial void StoreUnavailable(ILogger logger, string problem, string? cause);

        [LoggerMessage(LogLevel.Warning, "{Cause}")]
        public static partial void DirectoryUnavailable(ILogger logger, string cause);

        [LoggerMessage(LogLevel.Error, "A request failed unexpectedly.")]
        public static partial void Unexpected(ILogger logger, Exception exception);
    }
}
