using System.Globalization;
using FluentValidation;
using Goterra.Core;

namespace Goterra.Api.Deployments;

/// <summary>How the new deployment shall be. Every member may be left out, and so may the body.</summary>
/// <param name="Ttl">How long the deployment lives: <c>90s</c>, <c>30m</c>, <c>24h</c>, <c>7d</c>, or a number of seconds. Without it, it lives until it
/// is deleted; that of an anonymous creator ends with its token.</param>
/// <param name="Name">For people who look at lists: at most 200 characters.</param>
public sealed record CreateDeploymentRequest(string? Ttl = null, string? Name = null)
{
    /// <summary>Keeps the name out of logs, which print the arguments of actions at trace level.</summary>
    public override string ToString() => $"CreateDeploymentRequest {Ttl}";
}

/// <summary>A key and the value to store under it.</summary>
/// <param name="Key">1 to 512 bytes of UTF-8.</param>
/// <param name="Value">The value, as text.</param>
public sealed record PutValueRequest(string? Key, string? Value)
{
    /// <summary>Keeps the value out of logs, which print the arguments of actions at trace level.</summary>
    public override string ToString() => $"PutValueRequest {Key}";
}

/// <summary>Why the deployment is failed.</summary>
/// <param name="Reason">For people: 1 to 2,000 characters. Whoever waits is told it.</param>
public sealed record FailRequest(string? Reason)
{
    /// <summary>Keeps the reason out of logs, which print the arguments of actions at trace level.</summary>
    public override string ToString() => "FailRequest";
}

internal sealed class FailRules : AbstractValidator<FailRequest>
{
    public FailRules() => RuleFor(request => request.Reason)
        .Must(reason => reason is { Length: >= 1 and <= 2000 })
        .OverridePropertyName("reason")
        .WithMessage("it is required, a string of 1 to 2,000 characters");
}

internal sealed class CreateDeploymentRules : AbstractValidator<CreateDeploymentRequest>
{
    public CreateDeploymentRules(Core.Access.AccessOptions access)
    {
        RuleFor(request => request.Ttl)
            .Must(ttl => !Duration.TryParse(ttl, out var span) || span <= access.LongestRetention)
            .When(_ => access.LongestRetention is not null)
            .OverridePropertyName("ttl")
            .WithMessage(string.Create(CultureInfo.InvariantCulture, $"a deployment lives at most {access.LongestRetention?.TotalSeconds:0}s here (retention.maximum)"));
        RuleFor(request => request.Ttl)
            .Must(ttl => Duration.TryParse(ttl, out var span) && span >= TimeSpan.FromSeconds(1))
            .When(request => request.Ttl is not null)
            .OverridePropertyName("ttl")
            .WithMessage(Duration.Format + "; it is at least 1s");
        RuleFor(request => request.Name)
            .Must(name => name is { Length: <= 200 } && !name.Any(char.IsControl))
            .When(request => request.Name is not null)
            .OverridePropertyName("name")
            .WithMessage("it has at most 200 characters, none of them a control character");
    }
}

internal sealed class PutValueRules : AbstractValidator<PutValueRequest>
{
    public PutValueRules()
    {
        RuleFor(request => request.Key).Custom((key, context) =>
        {
            if (key is null)
                context.AddFailure("key", "it is required, a string");
            else if (!Core.Deployments.ValueKey.TryParse(key, out _, out var error))
                context.AddFailure("key", error);
        });
        RuleFor(request => request.Value).NotNull().OverridePropertyName("value").WithMessage("it is required, a string; it may be empty");
    }
}
