using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Goterra.Api.Swagger;

/// <summary>Describes the deployment's id, which no action takes (the middleware does), and puts what is in the path before the rest.</summary>
internal sealed class ParametersFilter : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        if (operation.Parameters is not { Count: > 0 } parameters)
            return;

        foreach (var parameter in parameters.OfType<OpenApiParameter>().Where(parameter => parameter.In == ParameterLocation.Path))
        {
            switch (parameter.Name)
            {
                case "id":
                    // No example: the page would send it if one forgot to replace it.
                    parameter.Description = "The deployment's id, as `POST /store` answered it.";
                    parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "uuid" };
                    break;
                case "key":
                    parameter.Example = Examples.Key;
                    break;
            }
        }

        operation.Parameters = [.. parameters
            .OrderBy(parameter => parameter.In switch { ParameterLocation.Path => 0, ParameterLocation.Query => 1, _ => 2 })
            .ThenBy(parameter => parameter.Name == "key")];
    }
}
