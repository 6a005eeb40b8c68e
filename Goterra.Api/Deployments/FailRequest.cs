using FluentValidation;
using Goterra.Core.Model;

namespace Goterra.Api.Deployments;

/// <summary>Why the deployment has failed.</summary>
/// <param name="Reason">1 to 2,000 characters. Waiting clients receive it.</param>
public sealed record FailRequest(Secret? Reason);

internal sealed class FailRequestValidator : AbstractValidator<FailRequest>
{
    public FailRequestValidator() => RuleFor(request => request.Reason)
        .Must(reason => reason is { Value.Length: >= 1 and <= 2000 })
        .OverridePropertyName("reason")
        .WithMessage("it is required, a string of 1 to 2,000 characters");
}
