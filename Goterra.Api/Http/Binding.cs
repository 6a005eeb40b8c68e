using System.Globalization;
using Goterra.Core;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.Mvc.ModelBinding.Validation;

namespace Goterra.Api.Http;

/// <summary>Fills a parameter from the request as a whole, not from one named part of it; such a parameter is none of the API's own.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
internal sealed class FromRequestAttribute : Attribute, IBindingSourceMetadata
{
    public BindingSource BindingSource => BindingSource.Special;
}

/// <summary>Validated values as parameters of actions; what can't be read is a 400 that names the parameter and says what would be right.</summary>
internal sealed class DomainBinderProvider : IModelBinderProvider
{
    private static readonly Dictionary<Type, IModelBinder> Binders = new()
    {
        [typeof(Caller)] = new Binder((context, _) => context.HttpContext.Features.Get<Caller>()
            ?? throw new InvalidOperationException("The route is not marked with [DeploymentScoped].")),
        [typeof(User)] = new Binder((context, _) => context.HttpContext.Features.Get<User>()
            ?? throw new InvalidOperationException("The action is not marked with [TakesApiKey].")),
        [typeof(NamespaceName)] = new Binder((context, name) =>
            NamespaceName.TryParse((string?)context.HttpContext.GetRouteValue(name), out var parsed) ? parsed : new Fault(name, NamespaceName.Format)),
        [typeof(ValueKey)] = new Binder(ReadKey),
        [typeof(KeyPrefix)] = new Binder(ReadPrefix),
        [typeof(int)] = new Binder((context, name) => (string?)context.HttpContext.Request.Query[name] switch
        {
            null => null,
            var text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= 1_000_000
                ? number
                : new Fault(name, "it takes a whole number from 1 to 1000000"),
        }),
        [typeof(TimeSpan)] = new Binder((context, name) => ReadDuration(context, name)),
        [typeof(WaitQuery)] = new Binder((context, _) => ReadWait(context)),
        [typeof(WriteTerms)] = new Binder((context, _) =>
            WriteTermsReader.TryRead(context.HttpContext.Request, out var terms, out var field, out var error) ? terms : new Fault(field, error)),
        [typeof(KnownTags)] = new Binder((context, _) => EntityTags.TryReadKnown(context.HttpContext.Request.Headers, out var known)
            ? new KnownTags(known)
            : new Fault("If-None-Match", "it takes * or entity tags in double quotes, as an answer's ETag has them")),
    };

    public IModelBinder? GetBinder(ModelBinderProviderContext context) => Binders.GetValueOrDefault(context.Metadata.UnderlyingOrModelType);

    private static object? ReadPrefix(ModelBindingContext context, string name)
    {
        var request = context.HttpContext.Request;
        return (string?)request.Query[name] switch
        {
            null => null,

            // An unset variable in a script: as a prefix of failures it would cover every key.
            "" when name == "fail" => new Fault(name, "it is empty; it takes the beginning of the keys that tell of a failure, such as failed/"),
            _ when !RawQuery.IsUtf8(request, name) => new Fault(name, "a prefix is percent-encoded UTF-8; write %25 for the percent sign itself"),
            var text => KeyPrefix.TryParse(text, out var prefix, out var error) ? prefix : new Fault(name, error),
        };
    }

    private static object? ReadDuration(ModelBindingContext context, string name) => (string?)context.HttpContext.Request.Query[name] switch
    {
        null => null,
        var text => Duration.TryParse(text, out var duration) ? duration : new Fault(name, Duration.Format),
    };

    // As a whole: MVC would bind and validate each of its members at every read, which costs more than the read itself.
    private static object ReadWait(ModelBindingContext context)
    {
        var pending = (string?)context.HttpContext.Request.Query["pending"];
        return ReadDuration(context, "wait") switch
        {
            Fault fault => fault,
            _ when pending is not (null or "503") => new Fault("pending", "it takes 503 only: the status in place of 404"),
            var wait => new WaitQuery { Wait = (TimeSpan?)wait, Pending = pending },
        };
    }

    private static object ReadKey(ModelBindingContext context, string name)
    {
        if (!RawPath.TryDecode(RawPath.KeyOf(RawPath.Of(context.HttpContext)) ?? "", out var utf8))
            return new Fault(name, "a percent sign in the path has no two hexadecimal digits behind it; write %25 for the sign itself");
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
                    // These types are valid by construction. Left alone, MVC would visit their members and ask FluentValidation for rules, by reflection and at
                    // every request.
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
