using Goterra.Core.Model;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;
using Swashbuckle.AspNetCore.SwaggerUI;

namespace Goterra.Api.OpenApi;

/// <summary>
/// The OpenAPI document and the page to explore it, in every environment: it is the user interface of the product. The
/// page loads nothing from other servers.
/// </summary>
internal static class OpenApiServiceCollectionExtensions
{
    public const string DocumentName = "v1";

    // What the page needs in a browser: its own scripts, style attributes, and icons that are data: URLs in its style
    // sheet.
    private const string PagePolicy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src "
        + "'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void AddGoterraSwagger(this IServiceCollection services)
    {
        services.TryAddEnumerable(ServiceDescriptor.Transient<IApiDescriptionProvider, WireDescriptions>());
        services.AddSwaggerGen(Describe);
    }

    /// <remarks>
    /// Only for requests to the page, and created with the first one: the middleware creates a generator for each
    /// request, whatever its path, and few servers are ever asked for the page.
    /// </remarks>
    public static void UseGoterraSwagger(this WebApplication app) => app.Use(next =>
    {
        var page = new Lazy<RequestDelegate>(() => BuildPage(app, next));
        return context => context.Request.Path.StartsWithSegments("/swagger") ? page.Value(context) : next(context);
    });

    private static RequestDelegate BuildPage(IApplicationBuilder app, RequestDelegate next)
    {
        var page = app.New();
        page.Use((context, following) =>
        {
            context.Response.Headers.ContentSecurityPolicy = PagePolicy;
            return following(context);
        });
        page.UseSwagger();
        page.UseSwaggerUI(Show);
        page.Run(next);
        return page.Build();
    }

    private static void Describe(SwaggerGenOptions swagger)
    {
        swagger.SwaggerDoc(DocumentName, Introduction.Info);

        // HEAD would only repeat GET.
        swagger.DocInclusionPredicate((_, action) => action.HttpMethod != HttpMethods.Head);
        swagger.OrderActionsBy(action => action.RelativePath);
        swagger.CustomOperationIds(OperationId);
        swagger.SupportNonNullableReferenceTypes();
        swagger.CustomSchemaIds(WireSchemas.NameOf);
        swagger.MapType<TimeSpan>(
            () => new OpenApiSchema { Type = JsonSchemaType.String, Pattern = "^[0-9]+[smhd]?$" });
        swagger.MapType<Secret>(() => new OpenApiSchema { Type = JsonSchemaType.String });
        swagger.MapType<NamespaceName>(() => new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            Pattern = "^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$",
        });
        swagger.MapType<ValueKey>(() => new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            MinLength = 1,
            MaxLength = ValueKey.MaximumBytes,
        });

        // XML comments first: they take precedence over the general descriptions of status codes. Parameters are sorted
        // last.
        swagger.IncludeXmlComments(typeof(OpenApiServiceCollectionExtensions).Assembly);
        swagger.DocumentFilter<TagsFilter>();
        swagger.SchemaFilter<WireSchemas>();
        CredentialsFilter.AddSchemes(swagger);
        swagger.OperationFilter<CredentialsFilter>();
        swagger.OperationFilter<RawValuesFilter>();
        swagger.OperationFilter<ProblemsFilter>();
        swagger.OperationFilter<EntityTagsFilter>();
        swagger.OperationFilter<JsonBodiesFilter>();
        swagger.OperationFilter<ParametersFilter>();
    }

    // Without an underscore: the deep links of the page treat it as a space.
    private static string OperationId(ApiDescription action) => System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(
        action.ActionDescriptor.RouteValues["controller"] + action.ActionDescriptor.RouteValues["action"]);

    private static void Show(SwaggerUIOptions page)
    {
        page.DocumentTitle = "Goterra";
        page.SwaggerEndpoint($"{DocumentName}/swagger.json", "Goterra");
        page.EnableTryItOutByDefault();
        page.EnableDeepLinking();
        page.DisplayRequestDuration();
        page.DefaultModelsExpandDepth(0);

        // Served with the live page, and linked relatively: a proxy may add a path.
        page.InjectStylesheet("../store/-/ui/swagger.css");
        page.InjectJavascript("../store/-/ui/swagger.js", "module");

        // Otherwise a page on a host other than localhost sends the document to a public validator.
        page.ConfigObject.ValidatorUrl = null;
    }
}
