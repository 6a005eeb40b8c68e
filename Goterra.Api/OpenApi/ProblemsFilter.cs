using System.Globalization;
using System.Reflection;
using Goterra.Api.Errors;
using Goterra.Core.Model;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Goterra.Api.OpenApi;

/// <summary>Describes the problems of an action. A description in its XML comments takes precedence.</summary>
internal sealed class ProblemsFilter(Limits limits) : IOperationFilter
{
    private readonly ProblemExamples _examples = new(limits);

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        operation.Responses ??= [];
        foreach (var status in context.MethodInfo.GetCustomAttribute<ProducesProblemAttribute>()?.Statuses ?? [])
        {
            var code = status.ToString(CultureInfo.InvariantCulture);
            var response = operation.Responses.GetValueOrDefault(code) as OpenApiResponse ?? new OpenApiResponse();
            response.Description ??= Meaning(status);
            response.Headers = Header(status);
            response.Content = new Dictionary<string, IOpenApiMediaType>
            {
                ["application/problem+json"] = new OpenApiMediaType
                {
                    Schema = context.SchemaGenerator.GenerateSchema(typeof(ProblemBody), context.SchemaRepository),
                    Example = Examples.Node(_examples.For(status, context)),
                },
            };
            operation.Responses[code] = response;
        }

        Sort(operation.Responses);
    }

    private static string Meaning(int status) => status switch
    {
        400 => "The request is malformed: `errors` names the part and the valid format.",
        401 => "The credential is missing, invalid, expired or revoked: the problem says which.",
        403 => "The credential does not allow this. Does not reveal whether the deployment exists.",
        404 => "The key does not exist.",
        409 => "The key is a lease, and the write has no condition.",
        410 => "The deployment was deleted or has expired: stop waiting for it.",
        412 =>
            "`If-Match` or `If-None-Match` was not met. The ETag is that of the current value, if the caller may "
            + "read it.",
        413 => "A limit is exceeded: the problem names it and its value.",
        415 => "The type of the body is not supported.",
        422 => "The `Idempotency-Key` was already used for a different write. Nothing was written.",
        424 => "The deployment has failed, or failed during the wait: the problem has the reason. Stop waiting.",
        429 => "A limit is reached: the problem names it and its value. Retry after `Retry-After` seconds.",
        503 => "The store is unavailable, or this server is shutting down. Retry after `Retry-After` seconds.",
        507 => "The store is full. Nothing was written; reads still work. Retry later.",
        _ => throw new InvalidOperationException($"Status {status} has no description."),
    };

    private static Dictionary<string, IOpenApiHeader>? Header(int status) => status switch
    {
        401 => new()
        {
            ["WWW-Authenticate"] = new OpenApiHeader
            {
                Description = "Always `Bearer`.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            },
        },
        429 or 503 => new()
        {
            ["Retry-After"] = new OpenApiHeader
            {
                Description = "The number of seconds to wait before a retry.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32" },
            },
        },
        _ => null,
    };

    private static void Sort(OpenApiResponses responses)
    {
        var sorted = responses.OrderBy(response => response.Key, StringComparer.Ordinal).ToList();
        responses.Clear();
        foreach (var (code, response) in sorted)
            responses.Add(code, response);
    }
}
