using Goterra.Core.Access;
using Goterra.Core.Model;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.Mvc.ModelBinding.Validation;

namespace Goterra.Api.Http;

/// <summary>Binds a parameter to the request as a whole. It is not a parameter of the API.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
internal sealed class FromRequestAttribute : Attribute, IBindingSourceMetadata
{
    public BindingSource BindingSource => BindingSource.Special;
}

/// <summary>Query parameters or headers that an action takes as one parameter.</summary>
/// <remarks>
/// Read as a whole: the framework would bind and validate each property with each request, which costs more than a
/// read of the store.
/// </remarks>
internal interface IRequestInput<TSelf>
    where TSelf : class
{
    /// <param name="request">The request.</param>
    /// <param name="errors">Gets an error per invalid parameter or header, with its name and the valid format.</param>
    static abstract TSelf? Read(HttpRequest request, ModelStateDictionary errors);
}

/// <summary>
/// Binds all parameters of actions that are not in the body or a header, so that no value provider is needed: the
/// types below, route values as text, and every <see cref="IRequestInput{TSelf}"/>. Invalid input is a 400.
/// </summary>
internal sealed class RequestBinderProvider : IModelBinderProvider
{
    public IModelBinder? GetBinder(ModelBinderProviderContext context)
    {
        var type = context.Metadata.ModelType;
        if (type == typeof(User))
            return new Binder<User>((request, _, _) => request.HttpContext.Features.GetRequiredFeature<User>());
        if (type == typeof(ValueKey))
            return new Binder<ValueKey>(ReadKey);
        if (type == typeof(NamespaceName))
            return new Binder<NamespaceName>(ReadNamespace);
        if (type == typeof(string) && context.BindingInfo.BindingSource == BindingSource.Path)
            return new Binder<string>((request, name, _) => (string?)request.RouteValues[name]);

        return type.GetInterfaces().Any(implemented =>
                implemented.IsGenericType && implemented.GetGenericTypeDefinition() == typeof(IRequestInput<>))
            ? (IModelBinder?)Activator.CreateInstance(typeof(InputBinder<>).MakeGenericType(type))
            : null;
    }

    private static NamespaceName? ReadNamespace(HttpRequest request, string name, ModelStateDictionary errors)
    {
        if (NamespaceName.TryParse((string?)request.RouteValues[name], out var parsed))
            return parsed;
        errors.TryAddModelError(name, NamespaceName.Format);
        return null;
    }

    private static ValueKey? ReadKey(HttpRequest request, string name, ModelStateDictionary errors)
    {
        var error =
            "a percent sign in the path must be followed by two hexadecimal digits; for the sign itself, write %25";
        if (RequestPath.TryDecode(RequestPath.Of(request.HttpContext).Key ?? "", out var utf8)
            && ValueKey.TryParse(utf8, out var key, out error))
            return key;
        errors.TryAddModelError(name, error);
        return null;
    }

    private class Binder<T>(Func<HttpRequest, string, ModelStateDictionary, T?> read) : IModelBinder
        where T : class
    {
        public Task BindModelAsync(ModelBindingContext context)
        {
            if (read(context.HttpContext.Request, context.FieldName, context.ModelState) is { } value)
            {
                // Valid by construction.
                context.ValidationState.Add(value, new ValidationStateEntry { SuppressValidation = true });
                context.Result = ModelBindingResult.Success(value);
            }

            return Task.CompletedTask;
        }
    }

    private sealed class InputBinder<T>() : Binder<T>((request, _, errors) => T.Read(request, errors))
        where T : class, IRequestInput<T>;
}
