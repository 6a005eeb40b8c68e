using System.Reflection;
using System.Text.Json.Nodes;
using Goterra.Api.Http;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Goterra.Api.OpenApi;

/// <summary>Bodies that are values as is. The framework does not know them: the actions read and write them.</summary>
internal sealed class RawValuesFilter : IOperationFilter
{
    private const string Text = "text/plain";
    private const string Octets = "application/octet-stream";

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        if (context.MethodInfo.GetCustomAttribute<RawValueAttribute>() is null)
            return;

        if (context.ApiDescription.HttpMethod == HttpMethods.Put)
        {
            operation.RequestBody = new OpenApiRequestBody
            {
                Description = "The value, with any Content-Type. No body is an empty value.",
                Content = Bodies(),
            };
            return;
        }

        operation.Parameters ??= [];
        operation.Parameters.Add(new OpenApiParameter
        {
            Name = "raw",
            In = ParameterLocation.Query,
            Description =
                "If present, returns the value as is, whatever Accept says (`?raw` is sufficient, and so is any value: "
                + "`raw=false` too). This page offers it as a file; "
                + "to display text, choose the media type text/plain below instead.",
            Schema = new OpenApiSchema { Type = JsonSchemaType.String, Enum = [JsonValue.Create("1")] },
        });
        if (operation.Responses?.GetValueOrDefault("200") is OpenApiResponse { Content: { } content })
        {
            foreach (var (type, body) in Bodies())
                content[type] = body;
        }
    }

    private static Dictionary<string, IOpenApiMediaType> Bodies() => new()
    {
        [Text] = new OpenApiMediaType
        {
            Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            Example = Examples.Value,
        },
        [Octets] = new OpenApiMediaType
        {
            Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" },
        },
    };
}
