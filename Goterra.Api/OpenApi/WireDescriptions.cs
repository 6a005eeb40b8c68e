using Goterra.Core.Model;
using Microsoft.AspNetCore.Mvc.Abstractions;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Mvc.ModelBinding;

namespace Goterra.Api.OpenApi;

/// <summary>
/// Corrects what the API explorer derives from the types of an action: it treats keys and prefixes as objects with
/// properties, and JSON as one of several media types.
/// </summary>
internal sealed class WireDescriptions(IModelMetadataProvider metadata) : IApiDescriptionProvider
{
    private const string Json = "application/json";

    /// <summary>After the framework's own provider at -1000.</summary>
    public int Order => -900;

    public void OnProvidersExecuting(ApiDescriptionProviderContext context)
    {
        foreach (var action in context.Results)
        {
            foreach (var parameter in action.ActionDescriptor.Parameters.Where(found => IsText(found.ParameterType)))
                DescribeText(action, parameter);
            foreach (var response in action.SupportedResponseTypes)
            {
                if (response.ApiResponseFormats.FirstOrDefault(format => format.MediaType == Json) is { } json)
                    response.ApiResponseFormats = [json];
            }


            foreach (var format in action.SupportedRequestFormats.Where(format => format.MediaType != Json).ToList())
                action.SupportedRequestFormats.Remove(format);
        }
    }

    public void OnProvidersExecuted(ApiDescriptionProviderContext context)
    {
    }

    private static bool IsText(Type type) => type == typeof(ValueKey);

    private void DescribeText(ApiDescription action, ParameterDescriptor parameter)
    {
        var name = parameter.BindingInfo?.BinderModelName ?? parameter.Name;
        var derived = action.ParameterDescriptions.Where(
            other => other.ParameterDescriptor == parameter || other.Name == name).ToList();
        foreach (var description in derived)
            action.ParameterDescriptions.Remove(description);

        var source = parameter.BindingInfo?.BindingSource ?? BindingSource.Query;
        action.ParameterDescriptions.Add(new ApiParameterDescription
        {
            Name = name,
            Source = source,
            Type = parameter.ParameterType,
            ModelMetadata = metadata.GetMetadataForType(parameter.ParameterType),
            ParameterDescriptor = parameter,
            BindingInfo = parameter.BindingInfo,
            IsRequired = source == BindingSource.Path,
        });
    }
}
