using Goterra.Api.Errors;

namespace Goterra.Api.Http;

/// <summary>
/// Rejects paths with <c>.</c> and <c>..</c> segments early: clients, proxies and servers disagree on what they mean.
/// </summary>
internal static class DotSegments
{
    public static Task RejectAsync(HttpContext context, RequestDelegate next) => RequestPath.Of(context).HasDotSegment
        ? ProblemResult.WriteAsync(
            context, ProblemBody.BadInput("path", "a segment must not be '.' or '..', percent-encoded or not"))
        : next(context);
}
