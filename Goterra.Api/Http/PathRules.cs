using Goterra.Api.Errors;

namespace Goterra.Api.Http;

/// <summary>
/// Rejects paths with <c>.</c> and <c>..</c> segments early: clients, proxies and servers disagree on what they mean.
/// Reduces several leading slashes to one: clients of the original system append a path to an address that may end with
/// a slash.
/// </summary>
internal static class PathRules
{
    public static Task ApplyAsync(HttpContext context, RequestDelegate next)
    {
        if (RequestPath.Of(context).HasDotSegment)
        {
            return ProblemResult.WriteAsync(
                context, ProblemBody.BadInput("path", "a segment must not be '.' or '..', percent-encoded or not"));
        }

        if (context.Request.Path.Value is ['/', '/', ..] path)
            context.Request.Path = "/" + path.TrimStart('/');
        return next(context);
    }
}
