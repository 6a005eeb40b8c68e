using Goterra.Api.Configuration;
using Goterra.Api.Http;
using Microsoft.Net.Http.Headers;

namespace Goterra.Api.Hosting;

/// <summary>
/// Lets pages of other origins call the API from a browser (Fetch standard, CORS protocol). Never with the browser's
/// own credentials: the API uses neither cookies nor HTTP authentication.
/// </summary>
internal static class Cors
{
    private static readonly string[] Methods = ["GET", "HEAD", "PUT", "POST", "DELETE"];

    private static readonly string[] RequestHeaders =
    [
        HeaderNames.Authorization, HeaderNames.ContentType, HeaderNames.IfMatch, HeaderNames.IfNoneMatch,
        "X-API-Key", "X-API-NS", "X-Client-Name", "X-Wait-Id", "X-Wait-Left", "Idempotency-Key", "Last-Event-ID",
        WriteHeaders.FenceHeader, LapseHeaders.ReasonHeader, LapseHeaders.SourceHeader,
    ];

    private static readonly string[] ResponseHeaders =
        [HeaderNames.ETag, HeaderNames.RetryAfter, HeaderNames.WWWAuthenticate];

    public static void Add(IServiceCollection services, WebOptions options)
    {
        if (options.CorsOrigins.Count == 0)
            return;

        services.AddCors(cors => cors.AddDefaultPolicy(policy =>
        {
            policy.WithMethods(Methods).WithHeaders(RequestHeaders).WithExposedHeaders(ResponseHeaders);
            if (options.CorsOrigins.Contains("*"))
                policy.AllowAnyOrigin();
            else
                policy.WithOrigins([.. options.CorsOrigins]);
        }));
    }

    /// <summary>Before everything that responds: errors carry the headers too.</summary>
    public static void Use(WebApplication app, WebOptions options)
    {
        if (options.CorsOrigins.Count == 0)
            return;

        // The framework adds it only if there are several origins.
        app.Use((context, next) =>
        {
            context.Response.OnStarting(
                static state =>
                {
                    ((HttpResponse)state).Headers.Append(HeaderNames.Vary, HeaderNames.Origin);
                    return Task.CompletedTask;
                },
                context.Response);
            return next(context);
        });
        app.UseCors();
    }
}
