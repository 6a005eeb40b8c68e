using System.Reflection;
using Goterra.Api.Access;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Goterra.Api.Swagger;

/// <summary>
/// Which credentials an action takes: a deployment's routes its token or an API key; an action that reads the API key by itself, that or nothing; all others
/// none.
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
            Description = "The token of a deployment, as `POST /store` answers it. Paste it as it is, without `Bearer`. Where it is sent, it decides alone.",
        });
        swagger.AddSecurityDefinition(ApiKey, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.ApiKey,
            In = ParameterLocation.Header,
            Name = ApiKeyHeader,
            Description = "The API key of a user. Where anonymous creation is all that this server is set up for, nobody needs one.",
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
            operation.Security = taken.AllowsAnonymous ? [Requirement(ApiKey, context), []] : [Requirement(ApiKey, context)];
        }
        else
        {
            operation.Security = [];
        }
    }

    private static TakesApiKeyAttribute? TakesApiKey(MethodInfo action) =>
        action.GetCustomAttribute<TakesApiKeyAttribute>() ?? action.DeclaringType?.GetCustomAttribute<TakesApiKeyAttribute>();

    private static OpenApiSecurityRequirement Requirement(string scheme, OperationFilterContext context) =>
        new() { [new OpenApiSecuritySchemeReference(scheme, context.Document)] = [] };
}
