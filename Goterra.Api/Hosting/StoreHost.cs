using FluentValidation;
using FluentValidation.AspNetCore;
using Goterra.Api.Access;
using Goterra.Api.Clients;
using Goterra.Api.Configuration;
using Goterra.Api.Deployments;
using Goterra.Api.Http;
using Goterra.Api.Problems;
using Goterra.Api.Swagger;
using Goterra.Api.Tokens;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Waiting;
using Goterra.Infrastructure;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Serilog;

namespace Goterra.Api.Hosting;

/// <summary>The composition root: which parts there are, and in which order a request passes them.</summary>
internal static class StoreHost
{
    /// <param name="time">The clock; the system's unless a test says otherwise.</param>
    /// <param name="replace">Lets a test put something of its own into the place of a part.</param>
    public static WebApplication Build(ServerOptions options, TimeProvider? time = null, Action<IServiceCollection>? replace = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;

            // Whoever reads a body has a limit of his own and answers what it is. Kestrel's would cut the connection, often before the answer has arrived.
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(options.Web.Listen, options.Web.Port);
        });
        builder.Services.Configure<SocketTransportOptions>(transport => transport.CreateBoundListenSocket = KeepAlive.Bind);
        builder.Services.AddSerilog(logging => RequestLog.Configure(logging, options.Log));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(1.5));

        AddCore(builder.Services, options, time ?? TimeProvider.System);
        builder.Services.AddGoterraStore(options.Store, options.Secrets);
        builder.Services.AddGoterraUsers(options.Users);
        AddApi(builder.Services, options);
        builder.Services.AddHostedService(provider => new StartReport(
            options,
            provider.GetRequiredService<IServer>(),
            provider.GetRequiredService<IHostApplicationLifetime>(),
            provider.GetRequiredService<ILogger<StartReport>>()));
        replace?.Invoke(builder.Services);

        var app = builder.Build();
        app.Lifetime.ApplicationStopping.Register(app.Services.GetRequiredService<ChangeHub>().Close);
        UsePipeline(app, options);
        return app;
    }

    private static void AddCore(IServiceCollection services, ServerOptions options, TimeProvider time) => services
        .AddSingleton(time)
        .AddSingleton(options.Limits)
        .AddSingleton(options.Access)
        .AddSingleton<ChangeHub>()
        .AddSingleton<WaitRegistry>()
        .AddSingleton<WaitReporter>()
        .AddSingleton<HintCache>()
        .AddSingleton<WaitLoop>()
        .AddSingleton<DeploymentAccess>()
        .AddSingleton<TokenService>()
        .AddSingleton<TicketService>()
        .AddSingleton<NamespaceService>()
        .AddSingleton<DeploymentCreation>()
        .AddSingleton<DeploymentService>()
        .AddSingleton<ValueService>()
        .AddSingleton<EventService>();

    private static void AddApi(IServiceCollection services, ServerOptions options)
    {
        services.AddSingleton(new PublicUrl(options.Url));
        services.AddSingleton(new ClientFiles(Path.Combine(AppContext.BaseDirectory, "clients")));
        services.AddSingleton<FailedAttempts>();
        services.AddSingleton<ApiKeyUsers>();
        services.AddExceptionHandler<ProblemExceptionHandler>();
        services.AddSingleton<IValidator<CreateDeploymentRequest>, CreateDeploymentRules>();
        services.AddSingleton<IValidator<PutValueRequest>, PutValueRules>();
        services.AddSingleton<IValidator<FailRequest>, FailRules>();
        services.AddSingleton<IValidator<TokenRequest>, TokenRules>();
        services.AddSingleton<IValidator<PageQuery>, PageQuery.Rules>();
        services.AddSingleton<IValidator<TicketRequest>, TicketRules>();
        services.AddSingleton<IValidator<RedeemRequest>, RedeemRules>();
        services.AddFluentValidationAutoValidation();
        BodyValidator.Add(services);
        services.AddGoterraSwagger();

        // Not AddControllers: it brings authorization, CORS and data annotations along, of which nothing is used here, and WebApplication then puts two more
        // middlewares before every request.
        services.AddMvcCore(mvc =>
            {
                mvc.Filters.Add<DeploymentFirstFilter>();
                mvc.Filters.Add<EmptyKeyFilter>();
                mvc.SuppressImplicitRequiredAttributeForNonNullableReferenceTypes = true;
                mvc.ModelBinderProviders.Insert(0, new DomainBinderProvider());
                mvc.InputFormatters.Insert(0, new AnyTypeJsonFormatter(options.Limits));

                // Left in, they would read a form-encoded body (curl -d) before the action does, and the value stored would be empty.
                mvc.ValueProviderFactories.RemoveType<FormValueProviderFactory>();
                mvc.ValueProviderFactories.RemoveType<FormFileValueProviderFactory>();
                mvc.ValueProviderFactories.RemoveType<JQueryFormValueProviderFactory>();

                mvc.ModelBindingMessageProvider.SetNonPropertyAttemptedValueIsInvalidAccessor(_ => "it takes true or false");
                mvc.ModelBindingMessageProvider.SetMissingRequestBodyRequiredValueAccessor(() => "the body is empty; it must be a JSON object");
            })
            .AddApiExplorer()
            .ConfigureApplicationPartManager(parts => parts.ApplicationParts.Add(
                new Microsoft.AspNetCore.Mvc.ApplicationParts.AssemblyPart(typeof(StoreHost).Assembly)))
            .ConfigureApiBehaviorOptions(api =>
            {
                api.SuppressMapClientErrors = true;
                api.InvalidModelStateResponseFactory = InvalidInput.Answer;
            })
            .AddJsonOptions(json =>
            {
                json.JsonSerializerOptions.TypeInfoResolverChain.Insert(0, WireContext.Default);
                json.JsonSerializerOptions.PropertyNamingPolicy = System.Text.Json.JsonNamingPolicy.SnakeCaseLower;
                json.JsonSerializerOptions.Encoder = WireContext.Encoder;
            });
    }

    private static void UsePipeline(WebApplication app, ServerOptions options)
    {
        TrustedProxies.Use(app, options.TrustedProxies);
        app.UseMiddleware<RequestLog>();
        app.UseExceptionHandler(new ExceptionHandlerOptions { SuppressDiagnosticsCallback = _ => true, ExceptionHandler = _ => Task.CompletedTask });
        app.UseStatusCodePages(ProblemResult.FillAsync);
        app.Use(SecurityHeaders.AddAsync);
        app.Use(DotSegments.RefuseAsync);
        app.UseGoterraSwagger();
        app.UseRouting();
        app.UseMiddleware<DeploymentAuthMiddleware>();
        app.UseMiddleware<ApiKeyAuthMiddleware>();
        app.MapControllers();
    }
}
