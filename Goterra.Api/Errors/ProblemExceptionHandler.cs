using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Microsoft.AspNetCore.Diagnostics;

namespace Goterra.Api.Errors;

/// <summary>Handles all exceptions: an unavailable store, an aborted request, a bug.</summary>
internal sealed partial class ProblemExceptionHandler(ILogger<ProblemExceptionHandler> logger) : IExceptionHandler
{
    public const string StoreIsFull =
        "The store is full. Nothing was written; reads still work. Retry when there is space again.";

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
            StoreDamagedException =>
                ProblemBody.Of(500, "This part of the store is damaged. See the server's log for details."),
            StoreUnavailableException => ProblemBody.Of(503, exception.Message + " Retry later."),
            UserDirectoryUnavailableException =>
                ProblemBody.Of(
                    503,
                    "The auth service is unavailable: API keys cannot be checked. Retry later; tokens still work."),
            BadHttpRequestException bad =>
                ProblemBody.Of(bad.StatusCode, "The request is incomplete or not valid HTTP."),
            _ => ProblemBody.Of(500, "Internal server error. See the server's log for details."),
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

        [LoggerMessage(LogLevel.Error, "Unhandled exception.")]
        public static partial void Unexpected(ILogger logger, Exception exception);
    }
}
