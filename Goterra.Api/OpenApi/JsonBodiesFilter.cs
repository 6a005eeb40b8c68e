using System.Globalization;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Goterra.Api.OpenApi;

/// <summary>Adds examples of JSON bodies, and whether a request body is required.</summary>
internal sealed class JsonBodiesFilter : IOperationFilter
{
    private const string Json = "application/json";

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        var taken = context.ApiDescription.ParameterDescriptions.FirstOrDefault(
            parameter => parameter.Source == BindingSource.Body);
        if (taken is not null && operation.RequestBody is OpenApiRequestBody body)
        {
            body.Required = taken.ParameterDescriptor.BindingInfo?.EmptyBodyBehavior != EmptyBodyBehavior.Allow;
            Put(taken.Type, body.Content);
        }

        foreach (var response in context.ApiDescription.SupportedResponseTypes)
        {
            var code = response.StatusCode.ToString(CultureInfo.InvariantCulture);
            Put(response.Type, operation.Responses?.GetValueOrDefault(code)?.Content);
        }
    }

    private static void Put(Type? type, IDictionary<string, IOpenApiMediaType>? content)
    {
        if (type is not null && content?.TryGetValue(Json, out var media) == true && media is OpenApiMediaType json)
            json.Example = Examples.For(type);
    }
}
