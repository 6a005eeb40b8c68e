using Goterra.Core.Deployments;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;
using Swashbuckle.AspNetCore.SwaggerUI;

namespace Goterra.Api.Swagger;

/// <summary>
/// The API's description (OpenAPI) and the page to explore it with, in every environment: it is the product's user interface. Both come from this server
/// alone; the page calls nobody else.
/// </summary>
internal static class SwaggerSetup
{
    public const string DocumentName = "v1";

    // What the page needs, found by trying it in a browser: its own scripts, style attributes, and icons that are data: URLs in its style sheet.
    private const string PagePolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void AddGoterraSwagger(this IServiceCollection services)
    {
        services.TryAddEnumerable(ServiceDescriptor.Transient<IApiDescriptionProvider, WireDescriptions>());
        services.AddSwaggerGen(Describe);
    }

    /// <remarks>Only requests to the page come near it: its middleware makes a new generator for each request that passes, whatever the path.</remarks>
    public static void UseGoterraSwagger(this WebApplication app) => app.UseWhen(
        context => context.Request.Path.StartsWithSegments("/swagger"),
        page =>
        {
            page.Use((context, next) =>
            {
                context.Response.Headers.ContentSecurityPolicy = PagePolicy;
                return next(context);
            });
            page.UseSwagger();
            page.UseSwaggerUI(Show);
        });

    private static void Describe(SwaggerGenOptions swagger)
    {
        swagger.SwaggerDoc(DocumentName, Introduction.Info);

        // HEAD is GET without the body, and would double the list.
        swagger.DocInclusionPredicate((_, action) => action.HttpMethod != HttpMethods.Head);
        swagger.OrderActionsBy(action => action.RelativePath);
        swagger.CustomOperationIds(OperationId);
        swagger.SupportNonNullableReferenceTypes();
        swagger.CustomSchemaIds(WireSchemas.NameOf);
        swagger.MapType<TimeSpan>(() => new OpenApiSchema { Type = JsonSchemaType.String, Pattern = "^[0-9]+[smhd]?$" });
        swagger.MapType<KeyPrefix>(() => new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = ValueKey.MaximumBytes });
        swagger.MapType<Core.Access.NamespaceName>(() => new OpenApiSchema { Type = JsonSchemaType.String, Pattern = "^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$" });
        swagger.MapType<ValueKey>(() => new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = ValueKey.MaximumBytes });

        // The comments come first: what they say about a status is not overwritten by the general text. The parameters are sorted last.
        swagger.IncludeXmlComments(typeof(SwaggerSetup).Assembly);
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

    // No underscore between the two: the page's deep links take one for a blank.
    private static string OperationId(ApiDescription action) => System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(
        action.ActionDescriptor.RouteValues["controller"] + action.ActionDescriptor.RouteValues["action"]);

    private static void Show(SwaggerUIOptions page)
    {
        page.DocumentTitle = "Goterra";
        page.SwaggerEndpoint($"{DocumentName}/swagger.json", "Goterra");
        page.EnablePersistAuthorization();
        page.EnableTryItOutByDefault();
        page.EnableDeepLinking();
        page.DisplayRequestDuration();
        page.DefaultModelsExpandDepth(0);

        // Without this, a page on another host than localhost may ask a public validator about the document.
        page.ConfigObject.ValidatorUrl = null;
    }
}
