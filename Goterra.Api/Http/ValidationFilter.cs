using FluentValidation;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.Mvc.ModelBinding.Validation;

namespace Goterra.Api.Http;

/// <summary>Runs the registered validators on the arguments of an action.</summary>
internal sealed class ValidationFilter(IEnumerable<IValidator> validators) : IActionFilter, IOrderedFilter
{
    /// <summary>Before the framework's own filter at -2000, which responds if the model state is invalid.</summary>
    public int Order => -3000;

    private readonly Dictionary<Type, IValidator> _validators = validators.ToDictionary(ValidatedType);

    public void OnActionExecuting(ActionExecutingContext context)
    {
        foreach (var argument in context.ActionArguments.Values)
        {
            if (argument is null || !_validators.TryGetValue(argument.GetType(), out var validator))
                continue;

            foreach (var failure in validator.Validate(new ValidationContext<object>(argument)).Errors)
                context.ModelState.TryAddModelError(failure.PropertyName, failure.ErrorMessage);
        }
    }

    public void OnActionExecuted(ActionExecutedContext context)
    {
    }

    private static Type ValidatedType(IValidator validator) => validator.GetType().GetInterfaces()
        .First(
            implemented => implemented.IsGenericType && implemented.GetGenericTypeDefinition() == typeof(IValidator<>))
        .GenericTypeArguments[0];
}

/// <summary>
/// Disables the framework's validation, which inspects every argument by reflection: for a read, that costs more than
/// decrypting the value.
/// </summary>
internal sealed class NoModelValidation : IObjectModelValidator
{
    public void Validate(
        ActionContext actionContext, ValidationStateDictionary? validationState, string prefix, object? model)
    {
        foreach (var (_, entry) in actionContext.ModelState.FindKeysWithPrefix(prefix))
        {
            if (entry.ValidationState == ModelValidationState.Unvalidated)
                entry.ValidationState = ModelValidationState.Skipped;
        }
    }
}
