using System.Text.Json;
using FluentValidation;
using Goterra.Api.Authentication;
using Goterra.Api.Configuration;
using Goterra.Api.Deployments;
using Goterra.Api.Downloads;
using Goterra.Api.Errors;
using Goterra.Api.Http;
using Goterra.Api.Json;
using Goterra.Api.OpenApi;
using Goterra.Api.Tokens;
using Goterra.Api.Values;
using Goterra.Core.Access;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ApplicationParts;
using Microsoft.AspNetCore.Mvc.Infrastructure;
using Microsoft.AspNetCore.Mvc.ModelBinding.Validation;

namespace Goterra.Api.Hosting;

/// <summary>Registers the controllers and what they need of this project.</summary>
internal static class ApiServiceCollectionExtensions
{
    /// <summary>A background service that others call, too.</summary>
    public static IServiceCollection AddHosted<T>(this IServiceCollection services)
        where T : class, IHostedService =>
        services.AddSingleton<T>().AddHostedService(provider => provider.GetRequiredService<T>());

    public static void AddGoterraApi(this IServiceCollection services, ServerOptions options)
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
        services.AddGoterraSwagger();
        Cors.Add(services, options.Web);

        // Not AddControllers, which adds authorization, CORS and data annotations: none is used, and two more
        // middleware would run with each request.
        services.AddMvcCore(mvc =>
            {
                // As instances: a filter that is added by its type is created for each request.
                mvc.Filters.Add(new EmptyKeyFilter());
                mvc.Filters.Add(new ValidationFilter(Validators(options.Access)));
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

    private static Dictionary<Type, Lazy<IValidator>> Validators(AccessOptions access) => new()
    {
        [typeof(CreateDeploymentRequest)] = new(() => new CreateDeploymentRequestValidator(access)),
        [typeof(PutValueRequest)] = new(() => new PutValueRequestValidator()),
        [typeof(FailRequest)] = new(() => new FailRequestValidator()),
        [typeof(ResumeRequest)] = new(() => new ResumeRequestValidator()),
        [typeof(TokenRequest)] = new(() => new TokenRequestValidator()),
        [typeof(TicketRequest)] = new(() => new TicketRequestValidator()),
        [typeof(RedeemRequest)] = new(() => new RedeemRequestValidator()),
    };
}
