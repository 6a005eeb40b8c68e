using System.Reflection;
using Goterra.Api.Authentication;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Goterra.Api.OpenApi;

/// <summary>
/// The credentials of an action: a token or an API key for the routes of a deployment; an API key, or to read a session
/// token, for those with <see cref="TakesApiKeyAttribute"/>; none for others.
/// </summary>
internal sealed class CredentialsFilter : IOperationFilter
{
    public const string Token = "token";
    public const string ApiKey = "apiKey";
    private const string ApiKeyHeader = "X-API-Key";

    public static void AddSchemes(SwaggerGenOptions swagger)
    {
        swagger.AddSecurityDefinition(Token, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            BearerFormat = "JWT",
            Description =
                "The token of a deployment, as returned by `POST /store`. Paste it without `Bearer`. If it is sent "
                + "to a route of a deployment, API keys are ignored. On a server with an auth service, also a session "
                + "token of the platform, for reading only.",
        });
        swagger.AddSecurityDefinition(ApiKey, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.ApiKey,
            In = ParameterLocation.Header,
            Name = ApiKeyHeader,
            Description = "The API key of a user. Not required on servers that only have anonymous creation.",
        });
    }

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        if (context.MethodInfo.GetCustomAttribute<NeedsNoCredentialAttribute>() is not null)
        {
            operation.Security = [];
        }
        else if (context.MethodInfo.DeclaringType?.GetCustomAttribute<DeploymentScopedAttribute>() is not null)
        {
            operation.Security = [Requirement(Token, context), Requirement(ApiKey, context)];
        }
        else if (TakesApiKey(context.MethodInfo) is { } taken)
        {
            operation.Security = [Requirement(ApiKey, context)];
            if (taken.AllowsAnonymous)
                operation.Security.Add([]);
            else if (HttpMethods.IsGet(context.ApiDescription.HttpMethod!))
                operation.Security.Add(Requirement(Token, context));
        }
        else
        {
            operation.Security = [];
        }
    }

    private static TakesApiKeyAttribute? TakesApiKey(MethodInfo action) =>
        action.GetCustomAttribute<TakesApiKeyAttribute>()
            ?? action.DeclaringType?.GetCustomAttribute<TakesApiKeyAttribute>();

    private static OpenApiSecurityRequirement Requirement(string scheme, OperationFilterContext context) =>
        new() { [new OpenApiSecuritySchemeReference(scheme, context.Document)] = [] };
}
