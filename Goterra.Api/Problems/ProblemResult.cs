using Goterra.Api.Http;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;

namespace Goterra.Api.Problems;

/// <summary>Answers with a problem: always <c>application/problem+json</c>, whatever the caller accepts, so that no client has to guess.</summary>
internal sealed class ProblemResult(ProblemBody problem) : ActionResult
{
    public ProblemBody Problem { get; } = problem;

    /// <summary>The current value's tag, where a condition failed.</summary>
    public string? ETag { get; init; }

    public override Task ExecuteResultAsync(ActionContext context)
    {
        if (ETag is not null)
            context.HttpContext.Response.Headers.ETag = ETag;
        return WriteAsync(context.HttpContext, Problem);
    }

    /// <summary>Writes a problem from anywhere in the pipeline.</summary>
    public static Task WriteAsync(HttpContext context, ProblemBody problem)
    {
        var response = context.Response;
        response.StatusCode = problem.Status;
        switch (problem.Status)
        {
            case StatusCodes.Status401Unauthorized:
                response.Headers.WWWAuthenticate = "Bearer";
                break;
            case StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable:
                // Failed attempts come back slowly.
                response.Headers.RetryAfter = problem.Limit == "failed_attempts" ? "5" : "1";
                break;
        }

        // Whoever hung up reads no answer; to write one all the same ends in an exception.
        if (context.RequestAborted.IsCancellationRequested)
            return Task.CompletedTask;

        return response.WriteAsJsonAsync(problem, WireContext.Plain.ProblemBody, "application/problem+json", context.RequestAborted);
    }

    /// <summary>Gives a body to the answers that the framework leaves empty: no such path, no such method.</summary>
    public static Task FillAsync(StatusCodeContext context) => WriteAsync(
        context.HttpContext,
        ProblemBody.Of(context.HttpContext.Response.StatusCode, context.HttpContext.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => "There is nothing at this path. The API is described at /swagger.",
            StatusCodes.Status405MethodNotAllowed =>
                $"This path does not take {context.HttpContext.Request.Method}; it takes {context.HttpContext.Response.Headers[HeaderNames.Allow]}.",
            _ => "The request can't be answered.",
        }));
}
