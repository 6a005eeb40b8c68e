using Goterra.Api.Auditing;
using Goterra.Api.Authentication;
using Goterra.Api.Configuration;
using Goterra.Api.Errors;
using Goterra.Api.Http;
using Goterra.Api.Monitoring;
using Goterra.Api.OpenApi;
using Goterra.Api.Tls;
using Goterra.Core.Services;
using Goterra.Core.Tokens;
using Goterra.Core.Waiting;
using Goterra.Infrastructure;
using Microsoft.AspNetCore.Hosting.Server;
using Serilog;

namespace Goterra.Api.Hosting;

/// <summary>The composition root: the services, and the order of the middleware.</summary>
internal static class StoreHost
{
    /// <param name="options">The configuration.</param>
    /// <param name="time">The clock; null for that of the system.</param>
    /// <param name="replace">Lets tests replace services.</param>
    public static WebApplication Build(
        ServerOptions options, TimeProvider? time = null, Action<IServiceCollection>? replace = null)
    {
        options = OpenFiles.Restrict(options);
        var certificate = options.Web.Tls is { } tls ? ServerCertificate.Load(tls) : null;
        options = options with { Reread = options.Reread is { } reread ? () => OpenFiles.Restrict(reread()) : null };
        var levels = new LogLevels(options.Log.Level);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        if (options.Audit is { } audit)
        {
            // Before everything that serves requests: it stops after it.
            builder.Services.AddSingleton(audit).AddHosted<AuditLog>();
        }

        ClientListener.Add(builder, options, certificate);
        builder.Services.AddHostedService<ClockWatch>();
        builder.Services.AddSerilog(logging => RequestLog.Configure(logging, options.Log, levels));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(1.5));

        AddCore(builder.Services, options, time ?? TimeProvider.System);
        builder.Services.AddGoterraStore(options.Store, options.Secrets);
        builder.Services.AddGoterraUsers(options.Users);
        builder.Services.AddGoterraApi(options);
        builder.Configuration.AddInMemoryCollection(options.Monitoring.Variables);
        builder.Services.AddGoterraMonitoring(options.Monitoring);
        builder.Services.AddHostedService(provider => new StartReport(
            options,
            provider.GetRequiredService<IServer>(),
            provider.GetRequiredService<IHostApplicationLifetime>(),
            provider.GetRequiredService<ILogger<StartReport>>()));
        builder.Services.AddSingleton(provider => new ConfigurationReload(
            options, levels, provider.GetRequiredService<ChangeHub>(),
            provider.GetRequiredService<ILogger<ConfigurationReload>>()));
        ServiceManagers.Add(builder.Services, options);
        replace?.Invoke(builder.Services);

        var app = builder.Build();
        app.Lifetime.ApplicationStopping.Register(app.Services.GetRequiredService<ConnectionDrain>().Begin);
        if (app.Services.GetService<InstanceMetrics>() is { } metrics)
            Observe(metrics, app.Services, certificate);
        UsePipeline(app, options);
        return app;
    }

    private static void Observe(
        InstanceMetrics metrics, IServiceProvider services, ServerCertificate? certificate)
    {
        // Its counters are there before the first refusal: a rate needs a value to start from.
        services.GetRequiredService<RefusalMetrics>();
        if (services.GetService<AuditLog>() is { } audit)
            metrics.ObserveAudit(() => audit.Lost);
        if (OpenFiles.Limit is { } limit)
            metrics.ObserveOpenFiles(limit);
        if (certificate is not null)
            metrics.ObserveCertificate(() => certificate.NotAfter);
    }

    private static void AddCore(IServiceCollection services, ServerOptions options, TimeProvider time) => services
        .AddSingleton(time)
        .AddSingleton(options.Limits)
        .AddSingleton(options.Access)
        .AddSingleton<ChangeHub>()
        .AddSingleton<WaitMetrics>()
        .AddSingleton<WaitRegistry>()
        .AddSingleton<WaitReporter>()
        .AddSingleton<HintCache>()
        .AddSingleton<WaitLoop>()
        .AddSingleton<TokenIssuer>()
        .AddSingleton<DeploymentAccess>()
        .AddSingleton<TokenService>()
        .AddSingleton<TicketService>()
        .AddSingleton<NamespaceService>()
        .AddSingleton<DeploymentCreation>()
        .AddSingleton<DeploymentQuota>()
        .AddSingleton<DeploymentService>()
        .AddSingleton<ValueService>()
        .AddSingleton<EventService>();

    private static void UsePipeline(WebApplication app, ServerOptions options)
    {
        app.Use(app.Services.GetRequiredService<ClientConnections>().InvokeAsync);
        TrustedProxies.Use(app, options.TrustedProxies);
        app.UseMiddleware<RequestLog>();
        Cors.Use(app, options.Web);
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            SuppressDiagnosticsCallback = _ => true,
            ExceptionHandler = _ => Task.CompletedTask,
        });
        app.UseStatusCodePages(ProblemResult.FillAsync);
        app.Use(SecurityHeaders.AddAsync);
        app.UseMiddleware<RequestSize>();
        app.Use(PathRules.ApplyAsync);
        app.UseGoterraSwagger();
        app.UseRouting();
        if (options.Audit is not null)
            app.UseMiddleware<AuditMiddleware>();
        app.UseMiddleware<DeploymentAuthMiddleware>();
        app.UseMiddleware<ApiKeyAuthMiddleware>();
        app.MapControllers();
    }
}
