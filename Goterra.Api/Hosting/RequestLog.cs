using Goterra.Api.Configuration;
using Goterra.Api.Http;
using Serilog;
using Serilog.Events;
using Serilog.Formatting.Compact;

namespace Goterra.Api.Hosting;

/// <summary>One line a request: method, path as it was sent (without the query), status, time, deployment. Never a header or a body.</summary>
internal static class RequestLog
{
    public static void Configure(LoggerConfiguration logging, LogOptions options)
    {
        logging
            .MinimumLevel.Is(options.Level)
            .MinimumLevel.Override("Microsoft.AspNetCore", options.Level < LogEventLevel.Information ? options.Level : LogEventLevel.Warning)
            .MinimumLevel.Override("Microsoft.Hosting.Lifetime", LogEventLevel.Warning)

            // It repeats queries, which may hold what should have been in a header; the line a request is ours. Off and not merely quiet: as long as one
            // level of it is on, every request gets an activity and a scope, which cost more than the line.
            .MinimumLevel.Override("Microsoft.AspNetCore.Hosting.Diagnostics", LevelAlias.Off)

            // What stops the start is told in one line on stderr, without its stack.
            .Filter.ByExcluding(IsStartFailure);
        if (options.Json)
            logging.WriteTo.Console(new RenderedCompactJsonFormatter());
        else
            logging.WriteTo.Console(formatProvider: System.Globalization.CultureInfo.InvariantCulture);
    }

    private static bool IsStartFailure(LogEvent entry) =>
        entry.Exception is not null
        && entry.Properties.TryGetValue("EventId", out var id) && id is StructureValue structure
        && structure.Properties.Any(property => property is { Name: "Name", Value: ScalarValue { Value: "HostedServiceStartupFaulted" } });

    public static void Use(WebApplication app) => app.UseSerilogRequestLogging(options =>
    {
        options.MessageTemplate = "{Method} {Path} {StatusCode} in {Elapsed:0.0} ms";
        options.IncludeQueryInRequestPath = false;
        options.GetMessageTemplateProperties = (context, _, elapsed, status) =>
        [
            new LogEventProperty("Method", new ScalarValue(context.Request.Method)),
            new LogEventProperty("Path", new ScalarValue(RawPath.Of(context))),
            new LogEventProperty("StatusCode", new ScalarValue(status)),
            new LogEventProperty("Elapsed", new ScalarValue(elapsed)),
        ];
        options.GetLevel = (_, _, exception) => exception is null ? LogEventLevel.Information : LogEventLevel.Error;
    });
}
