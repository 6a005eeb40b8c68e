using Goterra.Api.Problems;

namespace Goterra.Api.Http;

/// <summary>Refuses paths with <c>.</c> and <c>..</c> before anything looks at them: what they name depends on who reads them.</summary>
internal static class DotSegments
{
    public static Task RefuseAsync(HttpContext context, RequestDelegate next) => RawPath.HasDotSegment(RawPath.Of(context))
        ? ProblemResult.WriteAsync(context, ProblemBody.BadInput("path", "no segment of the path may be '.' or '..', percent-encoded or not"))
        : next(context);
}
