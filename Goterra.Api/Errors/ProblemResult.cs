using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Infrastructure;
using Microsoft.Net.Http.Headers;

namespace Goterra.Api.Errors;

/// <summary>Responds with a problem: always <c>application/problem+json</c>, whatever the client accepts.</summary>
internal sealed class ProblemResult(ProblemBody problem) : ActionResult
{
    public ProblemBody Problem { get; } = problem;

    /// <summary>The tag of the current value if a condition failed.</summary>
    public string? ETag { get; init; }

    public override Task ExecuteResultAsync(ActionContext context) =>
        context.HttpContext.RequestServices.GetRequiredService<IActionResultExecutor<ProblemResult>>()
            .ExecuteAsync(context, this);

    /// <summary>Writes a problem from anywhere in the pipeline.</summary>
    public static async Task WriteAsync(HttpContext context, ProblemBody problem)
    {
        var response = context.Response;
        response.StatusCode = problem.Status;
        context.RequestServices.GetRequiredService<RefusalMetrics>().Count(problem);
        switch (problem.Status)
        {
            case StatusCodes.Status401Unauthorized:
                response.Headers.WWWAuthenticate = "Bearer";
                break;
            case StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable:
                // Failed attempts are replenished slowly.
                response.Headers.RetryAfter = problem.Limit == "failed_attempts" ? "5" : "1";
                break;
        }

        try
        {
            await response.WriteAsJsonAsync(
                problem, ProblemJson.Wire.ProblemBody, "application/problem+json", context.RequestAborted);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has disconnected, perhaps just now.
        }
    }

    /// <summary>Gives a body to responses that the framework leaves empty, such as 404 and 405.</summary>
    public static Task FillAsync(StatusCodeContext context)
    {
        var (request, response) = (context.HttpContext.Request, context.HttpContext.Response);
        return WriteAsync(context.HttpContext, ProblemBody.Of(response.StatusCode, response.StatusCode switch
        {
            StatusCodes.Status404NotFound => "Path not found. The API is documented at /swagger.",
            StatusCodes.Status405MethodNotAllowed =>
                $"Method {request.Method} is not allowed here; use {response.Headers[HeaderNames.Allow]}.",
            _ => "The request cannot be processed.",
        }));
    }
}
