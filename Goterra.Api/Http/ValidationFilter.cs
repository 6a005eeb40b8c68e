using FluentValidation;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.Mvc.ModelBinding.Validation;

namespace Goterra.Api.Http;

/// <summary>Runs the validators on the arguments of an action.</summary>
/// <param name="validators">By the type of the argument. Each is created with the first argument of its type: it
/// compiles expressions, which takes time and memory.</param>
internal sealed class ValidationFilter(IReadOnlyDictionary<Type, Lazy<IValidator>> validators)
    : IActionFilter, IOrderedFilter
{

    /// <summary>Before the framework's own filter at -2000, which responds if the model state is invalid.</summary>
    public int Order => -3000;

    public void OnActionExecuting(ActionExecutingContext context)
    {
        foreach (var argument in context.ActionArguments.Values)
        {
            if (argument is null || !validators.TryGetValue(argument.GetType(), out var validator))
                continue;

            foreach (var failure in validator.Value.Validate(new ValidationContext<object>(argument)).Errors)
                context.ModelState.TryAddModelError(failure.PropertyName, failure.ErrorMessage);
        }
    }

    public void OnActionExecuted(ActionExecutedContext context)
    {
    }
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
