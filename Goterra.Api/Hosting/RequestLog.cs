using System.Globalization;
using Goterra.Api.Access;
using Goterra.Api.Configuration;
using Goterra.Api.Http;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Compact;
using Serilog.Formatting.Display;
using Serilog.Parsing;

namespace Goterra.Api.Hosting;

/// <summary>One line a request: method, path as it was sent (without the query), status, time, deployment. Never a header or a body.</summary>
/// <remarks>
/// Not Serilog's own middleware: it keeps what is to be logged in an AsyncLocal, which every task of the request then carries on, and that costs more than
/// writing the line.
/// </remarks>
internal sealed class RequestLog(RequestDelegate next, Serilog.ILogger logger, TimeProvider time)
{
    private const string TextTemplate = "[{Timestamp:HH:mm:ss} {Level:u3}] {Message:lj}{NewLine}{Exception}";

    private static readonly MessageTemplate Line = new MessageTemplateParser().Parse("{Method} {Path} {StatusCode} in {Elapsed:0.0} ms");

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

        // To a person at a terminal every line at once, and in colours.
        if (!options.Json && !Console.IsOutputRedirected)
        {
            logging.WriteTo.Console(outputTemplate: TextTemplate, formatProvider: CultureInfo.InvariantCulture);
            return;
        }

        logging.WriteTo.Sink(new BufferedOutput(
            Console.OpenStandardOutput(),
            options.Json ? new RenderedCompactJsonFormatter() : new MessageTemplateTextFormatter(TextTemplate, CultureInfo.InvariantCulture),
            TimeProvider.System));
    }

    public Task InvokeAsync(HttpContext context) => logger.IsEnabled(LogEventLevel.Information) ? LoggedAsync(context) : next(context);

    private async Task LoggedAsync(HttpContext context)
    {
        var start = time.GetTimestamp();
        var subject = new RequestSubject();
        context.Features.Set(subject);
        try
        {
            await next(context);
        }
        catch (Exception e) when (Tell(StatusCodes.Status500InternalServerError, e))
        {
            throw;
        }

        Tell(context.Response.StatusCode, null);

        bool Tell(int status, Exception? exception)
        {
            logger.Write(new LogEvent(
                time.GetLocalNow(),
                exception is null ? LogEventLevel.Information : LogEventLevel.Error,
                exception,
                Line,
                [
                    new LogEventProperty("Method", new ScalarValue(context.Request.Method)),
                    new LogEventProperty("Path", new ScalarValue(RawPath.Of(context))),
                    new LogEventProperty("StatusCode", new ScalarValue(status)),
                    new LogEventProperty("Elapsed", new ScalarValue(time.GetElapsedTime(start).TotalMilliseconds)),
                    .. subject.Deployment is { } deployment ? [new LogEventProperty("Deployment", new ScalarValue(deployment.ToString()))] : Array.Empty<LogEventProperty>(),
                ]));
            return false;
        }
    }

    private static bool IsStartFailure(LogEvent entry) =>
        entry.Exception is not null
        && entry.Properties.TryGetValue("EventId", out var id) && id is StructureValue structure
        && structure.Properties.Any(property => property is { Name: "Name", Value: ScalarValue { Value: "HostedServiceStartupFaulted" } });
}
