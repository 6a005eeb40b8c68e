using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.Mvc.ModelBinding.Validation;

namespace Goterra.Api.Http;

/// <summary>
/// Lets FluentValidation see only what it has rules for. Left alone, it looks by reflection for attributes on every parameter of every request, which for
/// a read costs more than decrypting the value.
/// </summary>
internal sealed class BodyValidator(IObjectModelValidator validator, IReadOnlySet<Type> ruled) : IObjectModelValidator
{
    public void Validate(ActionContext actionContext, ValidationStateDictionary? validationState, string prefix, object? model)
    {
        if (model is not null && ruled.Contains(model.GetType()))
            validator.Validate(actionContext, validationState, prefix, model);
        else if (actionContext.ModelState.TryGetValue(prefix, out var entry) && entry.ValidationState == ModelValidationState.Unvalidated)
            entry.ValidationState = ModelValidationState.Skipped;
    }

    /// <summary>Stands before the validator that is registered so far.</summary>
    public static void Add(IServiceCollection services)
    {
        var registered = services.Last(service => service.ServiceType == typeof(IObjectModelValidator));
        var ruled = services
            .Where(service => service.ServiceType.IsConstructedGenericType && service.ServiceType.GetGenericTypeDefinition() == typeof(FluentValidation.IValidator<>))
            .Select(service => service.ServiceType.GenericTypeArguments[0])
            .ToHashSet();
        services.AddSingleton<IObjectModelValidator>(provider => new BodyValidator(
            (IObjectModelValidator)(registered.ImplementationFactory?.Invoke(provider) ?? ActivatorUtilities.CreateInstance(provider, registered.ImplementationType!)),
            ruled));
    }
}
