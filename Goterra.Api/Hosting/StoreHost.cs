using System.Text.Json;
using FluentValidation;
using Goterra.Api.Auditing;
using Goterra.Api.Authentication;
using Goterra.Api.Configuration;
using Goterra.Api.Deployments;
using Goterra.Api.Downloads;
using Goterra.Api.Errors;
using Goterra.Api.Http;
using Goterra.Api.Json;
using Goterra.Api.Monitoring;
using Goterra.Api.OpenApi;
using Goterra.Api.Tls;
using Goterra.Api.Tokens;
using Goterra.Api.Values;
using Goterra.Core.Services;
using Goterra.Core.Tokens;
using Goterra.Core.Waiting;
using Goterra.Infrastructure;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ApplicationParts;
using Microsoft.AspNetCore.Mvc.Infrastructure;
using Microsoft.AspNetCore.Mvc.ModelBinding.Validation;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
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
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;

            // Each reader of a body has its own limit. Kestrel would close the connection, often before the response
            // has arrived.
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate =
                new MinDataRate(options.Limits.UploadRate, TimeSpan.FromSeconds(30));
            kestrel.Limits.MaxRequestHeadersTotalSize = options.Limits.HeaderBytes;
            kestrel.Listen(options.Web.Listen, options.Web.Port, listen =>
            {
                kestrel.ApplicationServices.GetService<ConnectionLimit>()?.Watch(listen);
                kestrel.ApplicationServices.GetRequiredService<UnreachableClients>().Watch(listen);
                if (certificate is not null)
                    listen.UseHttps(
                        new TlsHandshakeCallbackOptions { OnConnection = _ => new(certificate.ForClients) });
            });
        });
        if (certificate is not null)
            builder.Services.AddSingleton(certificate).AddSingleton<CertificateWatch>().AddHostedService(
                provider => provider.GetRequiredService<CertificateWatch>());
        if (options.Audit is { } audit)
        {
            // Before everything that serves requests: it stops after it.
            builder.Services.AddSingleton(audit).AddSingleton<AuditLog>().AddHostedService(
                provider => provider.GetRequiredService<AuditLog>());
        }

        builder.Services.AddSingleton<UnreachableClients>().AddHostedService(
            provider => provider.GetRequiredService<UnreachableClients>());
        if (options.Limits.Connections is { } connections)
        {
            builder.Services.AddSingleton(new ConnectionLimit(connections))
                .AddSingleton<IConnectionListenerFactory, ConnectionLimit.Transport>();
        }

        builder.Services.AddHostedService<ClockWatch>();
        builder.Services.AddSingleton<ConnectionDrain>().AddHostedService(
            provider => provider.GetRequiredService<ConnectionDrain>());
        builder.Services.AddOptions<SocketTransportOptions>().Configure<ConnectionDrain>((transport, drain) =>
            transport.CreateBoundListenSocket = endPoint => drain.Track(KeepAlive.Bind(endPoint)));
        builder.Services.AddSerilog(logging => RequestLog.Configure(logging, options.Log, levels));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(1.5));

        AddCore(builder.Services, options, time ?? TimeProvider.System);
        builder.Services.AddGoterraStore(options.Store, options.Secrets);
        builder.Services.AddGoterraUsers(options.Users);
        AddApi(builder.Services, options);
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

    private static void AddApi(IServiceCollection services, ServerOptions options)
    {
        services.AddSingleton(new PublicUrl(options.Url));
        services.AddSingleton(new ClientFiles(Path.Combine(AppContext.BaseDirectory, "clients")));
        services.AddSingleton<RefusalMetrics>();
        services.AddSingleton<FailedAttempts>();
        services.AddSingleton<RedemptionRate>();
        services.AddSingleton<UploadMemory>();
        services.AddSingleton<CreationLimits>();
        services.AddSingleton<ApiKeyUsers>();
        services.AddSingleton<SessionUsers>();
        services.AddExceptionHandler<ProblemExceptionHandler>();
        services.AddSingleton<IObjectModelValidator, NoModelValidation>();
        services.AddSingleton<IActionResultExecutor<ObjectResult>, JsonResultExecutor>();
        services.AddSingleton<IActionResultExecutor<ProblemResult>, ProblemResultExecutor>();
        services.AddSingleton<IActionResultExecutor<DeploymentResult>, DeploymentResultExecutor>();
        services.AddSingleton<IValidator<CreateDeploymentRequest>, CreateDeploymentRequestValidator>();
        services.AddSingleton<IValidator<PutValueRequest>, PutValueRequestValidator>();
        services.AddSingleton<IValidator<FailRequest>, FailRequestValidator>();
        services.AddSingleton<IValidator<ResumeRequest>, ResumeRequestValidator>();
        services.AddSingleton<IValidator<TokenRequest>, TokenRequestValidator>();
        services.AddSingleton<IValidator<TicketRequest>, TicketRequestValidator>();
        services.AddSingleton<IValidator<RedeemRequest>, RedeemRequestValidator>();
        services.AddGoterraSwagger();
        Cors.Add(services, options.Web);

        // As an instance: a filter that is added by its type is created for each request.
        services.AddSingleton<ValidationFilter>();
        services.AddOptions<MvcOptions>().Configure<ValidationFilter>((mvc, filter) => mvc.Filters.Add(filter));

        // Not AddControllers, which adds authorization, CORS and data annotations: none is used, and two more
        // middleware would run with each request.
        services.AddMvcCore(mvc =>
            {
                mvc.Filters.Add(new EmptyKeyFilter());
                mvc.SuppressImplicitRequiredAttributeForNonNullableReferenceTypes = true;
                mvc.ModelBinderProviders.Insert(0, new RequestBinderProvider());
                mvc.InputFormatters.Insert(0, new AnyTypeJsonFormatter(options.Limits));

                // RequestBinderProvider needs none, and those of forms would read the body (curl -d) before the action.
                mvc.ValueProviderFactories.Clear();

                mvc.ModelBindingMessageProvider
                    .SetMissingRequestBodyRequiredValueAccessor(() => "the body is empty; it must be a JSON object");
            })
            .AddApiExplorer()
            .ConfigureApplicationPartManager(parts => parts.ApplicationParts.Add(
                new AssemblyPart(typeof(StoreHost).Assembly)))
            .ConfigureApiBehaviorOptions(api =>
            {
                api.SuppressMapClientErrors = true;
                api.InvalidModelStateResponseFactory = InvalidInput.ToProblem;
            })
            .AddJsonOptions(json =>
            {
                json.JsonSerializerOptions.TypeInfoResolverChain.Insert(0, WireContext.Default);
                json.JsonSerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
                json.JsonSerializerOptions.Encoder = WireContext.Encoder;
            });
    }

    private static void UsePipeline(WebApplication app, ServerOptions options)
    {
        app.Use(app.Services.GetRequiredService<ConnectionDrain>().InvokeAsync);
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
