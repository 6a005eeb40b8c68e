using Goterra.Api.Configuration;
using Goterra.Api.Http;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Goterra.Api.Monitoring;

internal static class MonitoringServiceCollectionExtensions
{
    private static readonly string[] Meters =
        ["Goterra", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime"];

    /// <summary>
    /// Adds the metrics listener if it is configured, and OTLP if an endpoint is. With neither, nothing listens to the
    /// instruments.
    /// </summary>
    public static IServiceCollection AddGoterraMonitoring(
        this IServiceCollection services, MonitoringOptions options)
    {
        if (options.Metrics is null && !options.UsesOtlp)
            return services;

        services.AddSingleton<InstanceMetrics>();
        services.AddHostedService<StoreTotalsReader>();
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("goterra-store", serviceVersion: ServerVersion.Text))
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(Meters);
                if (options.Metrics is not null)
                    metrics.AddPrometheusExporter(prometheus => prometheus.ScopeInfoEnabled = false);
                if (options.UsesOtlp)
                    metrics.AddOtlpExporter();
            });
        if (options.UsesOtlp)
            telemetry.WithTracing(traces => traces.AddSource("Microsoft.AspNetCore").AddOtlpExporter());
        if (options.Metrics is { } metrics)
        {
            services.AddSingleton(metrics).AddSingleton<MetricsServer>().AddHostedService(
                provider => provider.GetRequiredService<MetricsServer>());
        }

        return services;
    }
}
