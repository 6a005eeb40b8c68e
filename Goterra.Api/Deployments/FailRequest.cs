using FluentValidation;
using Goterra.Core.Model;

namespace Goterra.Api.Deployments;

/// <summary>Why the deployment has failed, and who reports it.</summary>
/// <param name="Reason">1 to 2,000 characters. Waiting clients receive it.</param>
/// <param name="Source">Who reports it, such as the name of a machine: 1 to 512 bytes of UTF-8 without control
/// characters. The failures of different sources are taken back separately.</param>
public sealed record FailRequest(Secret? Reason, string? Source = null);

internal sealed class FailRequestValidator : AbstractValidator<FailRequest>
{
    public FailRequestValidator()
    {
        RuleFor(request => request.Reason)
            .Must(reason => reason is { Value.Length: >= 1 and <= 2000 })
            .OverridePropertyName("reason")
            .WithMessage("it is required, a string of 1 to 2,000 characters");
        RuleFor(request => request.Source).MustBeSource();
    }
}

/// <summary>Which failure to take back. The body is optional.</summary>
/// <param name="Source">The source that reported it; without one, all failures are taken back, which requires full
/// credentials.</param>
public sealed record ResumeRequest(string? Source = null);

internal sealed class ResumeRequestValidator : AbstractValidator<ResumeRequest>
{
    public ResumeRequestValidator() => RuleFor(request => request.Source).MustBeSource();
}

internal static class SourceRule
{
    public static void MustBeSource<T>(this IRuleBuilderInitial<T, string?> rule) => rule
        .Must(source => source is null || FailureSource.TryParse(source, out _))
        .OverridePropertyName("source")
        .WithMessage(FailureSource.Format);
}
