using Goterra.Core.Deployments;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Mvc.ModelBinding;

namespace Goterra.Api.Swagger;

/// <summary>
/// Corrects what the framework's explorer concludes from the types of an action: keys and prefixes look to it like objects with members, and JSON like one of
/// several media types that the answers have.
/// </summary>
internal sealed class WireDescriptions(IModelMetadataProvider metadata) : IApiDescriptionProvider
{
    private const string Json = "application/json";

    /// <summary>After the framework's own, which is at -1000.</summary>
    public int Order => -900;

    public void OnProvidersExecuting(ApiDescriptionProviderContext context)
    {
        foreach (var action in context.Results)
        {
            foreach (var parameter in action.ActionDescriptor.Parameters.Where(parameter => IsText(parameter.ParameterType)))
                DescribeText(action, parameter);
            foreach (var answer in action.SupportedResponseTypes.Where(answer => answer.ApiResponseFormats.Any(format => format.MediaType == Json)))
                answer.ApiResponseFormats = [.. answer.ApiResponseFormats.Where(format => format.MediaType == Json)];
            foreach (var format in action.SupportedRequestFormats.Where(format => format.MediaType != Json).ToList())
                action.SupportedRequestFormats.Remove(format);
        }
    }

    public void OnProvidersExecuted(ApiDescriptionProviderContext context)
    {
    }

    private static bool IsText(Type type) => type == typeof(ValueKey) || type == typeof(KeyPrefix);

    private void DescribeText(ApiDescription action, Microsoft.AspNetCore.Mvc.Abstractions.ParameterDescriptor parameter)
    {
        var name = parameter.BindingInfo?.BinderModelName ?? parameter.Name;
        foreach (var member in action.ParameterDescriptions.Where(other => other.ParameterDescriptor == parameter || other.Name == name).ToList())
            action.ParameterDescriptions.Remove(member);

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
