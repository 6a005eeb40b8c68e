using System.Globalization;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Goterra.Api.Swagger;

/// <summary>Puts the <see cref="Examples"/> where their types are bodies.</summary>
internal sealed class ExamplesFilter : IOperationFilter
{
    private const string Json = "application/json";

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        var body = context.ApiDescription.ParameterDescriptions.FirstOrDefault(parameter => parameter.Source == BindingSource.Body);
        Put(body?.Type, operation.RequestBody?.Content);

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
