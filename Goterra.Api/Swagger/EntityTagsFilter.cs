using System.Text.Json.Nodes;
using Goterra.Api.Deployments;
using Goterra.Api.Http;
using Goterra.Core.Deployments;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Goterra.Api.Swagger;

/// <summary>The headers of conditional requests, which actions take as one parameter, and the ETag that answers carry.</summary>
internal sealed class EntityTagsFilter : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        operation.Parameters ??= [];
        var taken = context.MethodInfo.GetParameters().Select(parameter => parameter.ParameterType).ToList();
        if (taken.Contains(typeof(KnownTags)))
        {
            operation.Parameters.Add(Header(
                "If-None-Match", "The ETag of a value that is known already: while it is the current one, the answer is 304. With `wait`, this waits for a change."));
        }

        if (taken.Contains(typeof(WriteTerms)))
        {
            operation.Parameters.Add(Header(
                "If-Match", "An ETag in its double quotes: only if the value is still that one. `*`: only if the key exists."));
            if (context.ApiDescription.HttpMethod != HttpMethods.Delete)
            {
                operation.Parameters.Add(Header("If-None-Match", "`*`: only if the key does not exist; of several that race, one wins.", "*"));
                operation.Parameters.Add(Lease());
            }

            operation.Parameters.Add(Header("Idempotency-Key", "With a condition: repeating the write under the same idempotency key returns the first answer, for 24 h; a different write is 422."));
            operation.Parameters.Add(Header(
                WriteTermsReader.FenceHeader, "Another key that is a lease, percent-encoded, a blank, and its ETag in double quotes: only if that lease lives and is still that one."));
        }

        var tagged = context.ApiDescription.SupportedResponseTypes.Any(answer => answer.Type == typeof(ValueResponse) || answer.Type == typeof(WrittenResponse));
        foreach (var (code, response) in operation.Responses ?? [])
        {
            if (response is OpenApiResponse answer && (code is "304" or "412" || (code == "200" && tagged)))
                (answer.Headers ??= new Dictionary<string, IOpenApiHeader>())["ETag"] = ETag();
        }
    }

    private static OpenApiParameter Lease() => new()
    {
        Name = WriteTermsReader.Lease,
        In = ParameterLocation.Query,
        Description = "Makes the key a lease: it is there for so long, 1s to 24h, unless it is renewed. Renewed with the same value, it keeps its ETag.",
        Schema = new OpenApiSchema { Type = JsonSchemaType.String, Pattern = "^[0-9]+[smhd]?$" },
    };

    private static OpenApiParameter Header(string name, string description, params string[] values) => new()
    {
        Name = name,
        In = ParameterLocation.Header,
        Description = description,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String, Enum = values is [] ? null : [.. values.Select(value => JsonValue.Create(value))] },
    };

    private static OpenApiHeader ETag() => new()
    {
        Description = "Names this state of the value, for `If-Match` and `If-None-Match`.",
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        Example = EntityTags.Format(Examples.Tag),
    };
}
