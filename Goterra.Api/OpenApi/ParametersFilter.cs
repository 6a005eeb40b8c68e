using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Goterra.Api.OpenApi;

/// <summary>Describes the id of the deployment, which is read by middleware, and sorts path parameters first.</summary>
internal sealed class ParametersFilter : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        if (operation.Parameters is not { Count: > 0 } parameters)
            return;

        var inPath = parameters.OfType<OpenApiParameter>().Where(parameter => parameter.In == ParameterLocation.Path);
        foreach (var parameter in inPath)
        {
            switch (parameter.Name)
            {
                case "id":
                    // No example: the page would send it unless it is replaced.
                    parameter.Description = "The deployment's id, as returned by `POST /store`.";
                    parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "uuid" };
                    break;
                case "key":
                    parameter.Example = Examples.Key;
                    break;
            }
        }

        operation.Parameters =
        [
            .. parameters
                .OrderBy(
                    parameter =>
                        parameter.In switch { ParameterLocation.Path => 0, ParameterLocation.Query => 1, _ => 2 })
                .ThenBy(parameter => parameter.Name == "key"),
        ];
    }
}
