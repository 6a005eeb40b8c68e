using System.Globalization;
using Goterra.Core.Access;
using Goterra.Core.Model;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.Mvc.ModelBinding.Validation;

namespace Goterra.Api.Http;

/// <summary>Binds a parameter to the request as a whole. It is not a parameter of the API.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
internal sealed class FromRequestAttribute : Attribute, IBindingSourceMetadata
{
    public BindingSource BindingSource => BindingSource.Special;
}

/// <summary>
/// Binds the types below. The parameter's name is that of the query parameter or route value. Invalid input is a 400
/// that names the parameter and the valid format.
/// </summary>
internal sealed class RequestBinderProvider : IModelBinderProvider
{
    private static readonly Dictionary<Type, IModelBinder> Binders = new()
    {
        [typeof(Caller)] = new Binder((context, _) => context.HttpContext.Features.Get<Caller>()
            ?? throw new InvalidOperationException("The route is not marked with [DeploymentScoped].")),
        [typeof(User)] = new Binder((context, _) => context.HttpContext.Features.Get<User>()
            ?? throw new InvalidOperationException("The action is not marked with [TakesApiKey].")),
        [typeof(NamespaceName)] = new Binder((context, name) =>
            NamespaceName.TryParse((string?)context.HttpContext.GetRouteValue(name), out var parsed)
                ? parsed
                : new Fault(name, NamespaceName.Format)),
        [typeof(ValueKey)] = new Binder(ReadKey),
        [typeof(KeyPrefix)] = new Binder((context, name) => ReadPrefix(context, name)),
        [typeof(FailurePrefix)] = new Binder((context, name) => ReadPrefix(context, name) switch
        {
            // An unset variable in a script: an empty prefix would match every key.
            KeyPrefix { Text: "" } =>
                new Fault(name, "it is empty; it takes the prefix of the keys that report a failure, such as failed/"),
            KeyPrefix prefix => new FailurePrefix(prefix),
            var other => other,
        }),
        [typeof(int)] = new Binder((context, name) => (string?)context.HttpContext.Request.Query[name] switch
        {
            null => null,
            var text =>
                int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                    && number is >= 1 and <= 1_000_000
                ? number
                : new Fault(name, "it takes a whole number from 1 to 1000000"),
        }),
        [typeof(WaitQuery)] = new Binder((context, _) => ReadWait(context)),
        [typeof(WriteHeaders)] = new Binder((context, _) =>
            WriteHeaders.TryRead(context.HttpContext.Request, out var headers, out var field, out var error)
                ? headers
                : new Fault(field, error)),
        [typeof(KnownTags)] = new Binder(
            (context, _) => EntityTags.TryReadKnown(context.HttpContext.Request.Headers, out var known)
            ? new KnownTags(known)
            : new Fault("If-None-Match", EntityTags.Format)),
    };

    public IModelBinder? GetBinder(ModelBinderProviderContext context) =>
        Binders.GetValueOrDefault(context.Metadata.UnderlyingOrModelType);

    private static object? ReadPrefix(ModelBindingContext context, string name) =>
        (string?)context.HttpContext.Request.Query[name] switch
        {
            null => null,
            _ when !RawQuery.IsUtf8(context.HttpContext.Request, name) =>
                new Fault(name, "a prefix is percent-encoded UTF-8; write %25 for the percent sign itself"),
            var text => KeyPrefix.TryParse(text, out var prefix, out var error) ? prefix : new Fault(name, error),
        };

    // As a whole: the framework would bind and validate each property with each request, which costs more than the read
    // itself.
    private static object ReadWait(ModelBindingContext context)
    {
        var query = context.HttpContext.Request.Query;
        TimeSpan? wait = null;
        if ((string?)query["wait"] is { } text)
        {
            if (!Duration.TryParse(text, out var parsed))
                return new Fault("wait", Duration.Format);
            wait = parsed;
        }

        var pending = (string?)query["pending"];
        return pending is null or "503"
            ? new WaitQuery { Wait = wait, Pending = pending }
            : new Fault("pending", "it takes 503 only: the status code to return instead of 404");
    }

    private static object ReadKey(ModelBindingContext context, string name)
    {
        if (!RequestPath.TryDecode(RequestPath.Of(context.HttpContext).Key ?? "", out var utf8))
            return new Fault(
                name,
                "a percent sign in the path must be followed by two hexadecimal digits; for the sign itself, write "
                + "%25");
        return ValueKey.TryParse(utf8, out var key, out var error) ? key : new Fault(name, error);
    }

    private sealed record Fault(string Field, string Error);

    private sealed class Binder(Func<ModelBindingContext, string, object?> read) : IModelBinder
    {
        public Task BindModelAsync(ModelBindingContext context)
        {
            switch (read(context, context.FieldName))
            {
                case Fault fault:
                    context.ModelState.TryAddModelError(fault.Field, fault.Error);
                    break;
                case null:
                    break;
                case var value:
                    // These types are valid by construction.
                    context.ValidationState.Add(value, new ValidationStateEntry { SuppressValidation = true });
                    context.Result = ModelBindingResult.Success(value);
                    break;
            }

            return Task.CompletedTask;
        }
    }
}

/// <summary>The tags in If-None-Match of a read.</summary>
public sealed record KnownTags(IReadOnlyList<string> Tags);

/// <summary>The prefix of the keys that report a failure; never empty.</summary>
public sealed record FailurePrefix(KeyPrefix Prefix);
