using System.Globalization;
using Goterra.Api.Errors;
using Goterra.Core.Model;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Goterra.Api.Http;

/// <summary>
/// Refuses requests whose target or headers are too large, with a problem that names the limit. Kestrel would respond
/// without a body: its own limits are twice as high, and bound what is read at all.
/// </summary>
internal sealed class RequestSize(RequestDelegate next, Limits limits)
{
    public const int MaxTargetBytes = 8_192;
    public const int MaxHeaders = 100;

    private const int Factor = 2;

    // As much as Kestrel reads ahead by default.
    private const int BufferBytes = 1_048_576;

    /// <summary>Sets the limits of Kestrel.</summary>
    public static void Configure(KestrelServerLimits kestrel, Limits limits)
    {
        kestrel.MaxRequestBufferSize = Math.Max(BufferBytes, Factor * limits.HeaderBytes);
        kestrel.MaxRequestLineSize = Factor * MaxTargetBytes;
        kestrel.MaxRequestHeadersTotalSize = Factor * limits.HeaderBytes;
        kestrel.MaxRequestHeaderCount = Factor * MaxHeaders;
    }

    public Task InvokeAsync(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (target.Length > MaxTargetBytes)
        {
            return ProblemResult.WriteAsync(context, ProblemBody.Of(
                StatusCodes.Status414UriTooLong,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The target of a request can have at most {MaxTargetBytes:N0} bytes.")));
        }

        var (count, bytes) = (0, 0);
        foreach (var (name, values) in context.Request.Headers)
        {
            foreach (var value in values)
                (count, bytes) = (count + 1, bytes + name.Length + (value?.Length ?? 0) + ": \r\n".Length);
        }

        if (bytes > limits.HeaderBytes)
        {
            return ProblemResult.WriteAsync(context, OutcomeProblems.OverLimit(
                StatusCodes.Status431RequestHeaderFieldsTooLarge, new LimitHit("header_bytes", limits.HeaderBytes)));
        }

        return count > MaxHeaders
            ? ProblemResult.WriteAsync(context, ProblemBody.Of(
                StatusCodes.Status431RequestHeaderFieldsTooLarge, $"A request can have at most {MaxHeaders} headers."))
            : next(context);
    }
}
