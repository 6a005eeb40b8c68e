using System.Globalization;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Goterra.Api.Swagger;

/// <summary>Gives each JSON body the example of its type, and says whether a request may go without one.</summary>
internal sealed class JsonBodiesFilter : IOperationFilter
{
    private const string Json = "application/json";

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        var taken = context.ApiDescription.ParameterDescriptions.FirstOrDefault(parameter => parameter.Source == BindingSource.Body);
        if (taken is not null && operation.RequestBody is OpenApiRequestBody body)
        {
            body.Required = taken.ParameterDescriptor.BindingInfo?.EmptyBodyBehavior != EmptyBodyBehavior.Allow;
            Put(taken.Type, body.Content);
        }

        foreach (var answer in context.ApiDescription.SupportedResponseTypes)
        {
            var code = answer.StatusCode.ToString(CultureInfo.InvariantCulture);
            Put(answer.Type, operation.Responses?.GetValueOrDefault(code)?.Content);
        }
    }

    private static void Put(Type? type, IDictionary<string, IOpenApiMediaType>? content)
    {
        if (type is not null && content?.TryGetValue(Json, out var media) == true && media is OpenApiMediaType json)
            json.Example = Examples.For(type);
    }
}
