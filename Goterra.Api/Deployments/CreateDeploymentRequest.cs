using System.Globalization;
using FluentValidation;
using Goterra.Core.Access;
using Goterra.Core.Model;

namespace Goterra.Api.Deployments;

/// <summary>The properties of the new deployment. All are optional, and so is the body.</summary>
/// <param name="Ttl">The lifetime of the deployment: <c>90s</c>, <c>30m</c>, <c>24h</c>, <c>7d</c>, or a number of
/// seconds. Without it, the deployment lives until it is deleted; that of an anonymous creator expires with its last
/// token.</param>
/// <param name="Name">For display: at most 200 characters.</param>
public sealed record CreateDeploymentRequest(string? Ttl = null, Secret? Name = null);

internal sealed class CreateDeploymentRequestValidator : AbstractValidator<CreateDeploymentRequest>
{
    public const string TtlFormat = Duration.Format + "; the minimum is 1s";

    public CreateDeploymentRequestValidator(AccessOptions access)
    {
        var tooLong = string.Create(
            CultureInfo.InvariantCulture,
            $"the maximum on this server is {access.MaxRetention?.TotalSeconds:0}s (retention.maximum)");
        RuleFor(request => request.Ttl)
            .Must(ttl => !Duration.TryParse(ttl, out var span) || span <= access.MaxRetention)
            .When(_ => access.MaxRetention is not null)
            .OverridePropertyName("ttl")
            .WithMessage(tooLong);
        RuleFor(request => request.Ttl)
            .Must(ttl => Duration.TryParse(ttl, out var span) && span >= TimeSpan.FromSeconds(1))
            .When(request => request.Ttl is not null)
            .OverridePropertyName("ttl")
            .WithMessage(TtlFormat);
        RuleFor(request => request.Name)
            .Must(name => name is { Value: { Length: <= 200 } text } && !text.Any(char.IsControl))
            .When(request => request.Name is not null)
            .OverridePropertyName("name")
            .WithMessage("it can have at most 200 characters, and no control characters");
    }
}
