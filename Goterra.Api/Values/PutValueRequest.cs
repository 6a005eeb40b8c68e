using FluentValidation;
using Goterra.Core.Model;

namespace Goterra.Api.Values;

/// <summary>A key and the value to store.</summary>
/// <param name="Key">1 to 512 bytes of UTF-8.</param>
/// <param name="Value">The value, as text.</param>
public sealed record PutValueRequest(string? Key, string? Value)
{
    /// <summary>Keeps the value out of logs: at trace level, the framework logs the arguments of actions.</summary>
    public override string ToString() => $"PutValueRequest {Key}";
}

internal sealed class PutValueRequestValidator : AbstractValidator<PutValueRequest>
{
    public PutValueRequestValidator()
    {
        RuleFor(request => request.Key).Custom((key, context) =>
        {
            if (key is null)
                context.AddFailure("key", "it is required, a string");
            else if (!ValueKey.TryParse(key, out _, out var error))
                context.AddFailure("key", error);
        });
        RuleFor(request => request.Value)
            .NotNull()
            .OverridePropertyName("value")
            .WithMessage("it is required, a string; it may be empty");
    }
}
