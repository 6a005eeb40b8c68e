using System.Globalization;
using Goterra.Api.Authentication;
using Goterra.Api.Configuration;
using Goterra.Api.Http;
using Serilog;
using Serilog.Events;
using Serilog.Formatting.Compact;
using Serilog.Formatting.Display;
using Serilog.Parsing;

namespace Goterra.Api.Hosting;

/// <summary>
/// Logs one line per request: method, path as sent (without the query), status, time, client address, user, deployment.
/// Never a header or a body.
/// </summary>
/// <remarks>
/// Replaces Serilog's middleware, which keeps the properties in an AsyncLocal: flowing it through every task of the
/// request costs more than writing the line.
/// </remarks>
internal sealed class RequestLog(RequestDelegate next, Serilog.ILogger logger, TimeProvider time)
{
    private const string TextTemplate = "[{Timestamp:HH:mm:ss} {Level:u3}] {Message:lj}{NewLine}{Exception}";

    private static readonly MessageTemplate Line = new MessageTemplateParser().Parse(
        "{Method} {Path} {StatusCode} in {Elapsed:0.0} ms");

    public static void Configure(LoggerConfiguration logging, LogOptions options, LogLevels levels)
    {
        logging
            .MinimumLevel.ControlledBy(levels.Own)
            .MinimumLevel.Override("Microsoft.AspNetCore", levels.Framework)
            .MinimumLevel.Override("Microsoft.Hosting.Lifetime", LogEventLevel.Warning)

            // It logs queries, which may contain what belongs in a header. Off, not just at a high level: while any
            // level is enabled, each request creates an activity and a scope, which cost more than our line.
            .MinimumLevel.Override("Microsoft.AspNetCore.Hosting.Diagnostics", LevelAlias.Off)

            // It logs the malformed line of a request, which may be a header with a token.
            .MinimumLevel.Override("Microsoft.AspNetCore.Server.Kestrel.BadRequests", LevelAlias.Off)

            // It logs each failed lookup of an API key, with a stack trace.
            .MinimumLevel.Override("Polly", LevelAlias.Off)

            // A client that left during an upload, with a stack trace; its request has a line of its own.
            .Filter.ByExcluding(IsCutUpload)

            // A failed start is reported in one line on stderr, without a stack trace.
            .Filter.ByExcluding(IsStartFailure);
        if (!options.Json)
            logging.Enrich.With<ControlCharacters>();

        // On a terminal, unbuffered and in color.
        if (!options.Json && !Console.IsOutputRedirected)
        {
            logging.WriteTo.Console(outputTemplate: TextTemplate, formatProvider: CultureInfo.InvariantCulture);
            return;
        }

        logging.WriteTo.Sink(new BufferedOutput(
            Console.OpenStandardOutput(),
            options.Json
                ? new RenderedCompactJsonFormatter()
                : new MessageTemplateTextFormatter(TextTemplate, CultureInfo.InvariantCulture),
            TimeProvider.System));
    }

    public Task InvokeAsync(HttpContext context) =>
        logger.IsEnabled(LogEventLevel.Information) ? LoggedAsync(context) : next(context);

    private async Task LoggedAsync(HttpContext context)
    {
        var start = time.GetTimestamp();
        var properties = new RequestLogProperties();
        context.Features.Set(properties);
        try
        {
            await next(context);
        }
        catch (Exception e) when (Write(StatusCodes.Status500InternalServerError, e))
        {
            throw;
        }

        Write(context.Response.StatusCode, null);

        bool Write(int status, Exception? exception)
        {
            if (!logger.IsEnabled(LogEventLevel.Information))
                return false;

            var user = RequestLogProperties.UserOf(context);
            logger.Write(new LogEvent(
                time.GetLocalNow(),
                exception is null ? LogEventLevel.Information : LogEventLevel.Error,
                exception,
                Line,
                [
                    new LogEventProperty("Method", new ScalarValue(context.Request.Method)),
                    new LogEventProperty("Path", new ScalarValue(Printable(RequestPath.Of(context).Text))),
                    new LogEventProperty("StatusCode", new ScalarValue(status)),
                    new LogEventProperty("Elapsed", new ScalarValue(time.GetElapsedTime(start).TotalMilliseconds)),
                    new LogEventProperty("Client", new ScalarValue(ClientAddress.Of(context))),
                    .. user is not null
                        ? [new LogEventProperty("User", new ScalarValue(user))]
                        : Array.Empty<LogEventProperty>(),
                    .. properties.Deployment is { } deployment
                        ? [new LogEventProperty("Deployment", new ScalarValue(deployment.ToString()))]
                        : Array.Empty<LogEventProperty>(),
                ]));
            return false;
        }
    }

    // A log in text format may end up on a terminal, which obeys control characters.
    private static string Printable(string path) => path.AsSpan().ContainsAnyExceptInRange(' ', '~')
        ? string.Concat(path.Select(character => character is >= ' ' and <= '~'
            ? character.ToString()
            : Uri.EscapeDataString(character.ToString())))
        : path;

    private static bool IsCutUpload(LogEvent entry) => IsEvent(entry, "RequestBodyDrainBodyReaderInvalidState");

    private static bool IsStartFailure(LogEvent entry) =>
        entry.Exception is not null && IsEvent(entry, "HostedServiceStartupFaulted");

    private static bool IsEvent(LogEvent entry, string name) =>
        entry.Properties.TryGetValue("EventId", out var id) && id is StructureValue structure
        && structure.Properties.Any(
            property => property is { Name: "Name", Value: ScalarValue { Value: string text } } && text == name);
}
