using System.Reflection;
using Goterra.Api.Authentication;
using Goterra.Api.Deployments;
using Goterra.Api.Errors;
using Goterra.Api.Http;
using Goterra.Api.Tokens;
using Goterra.Api.Values;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Microsoft.AspNetCore.Mvc;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Goterra.Api.OpenApi;

/// <summary>Examples of the problems of an action: such as it can cause.</summary>
internal sealed class ProblemExamples(Limits limits)
{
    public ProblemBody For(int status, OperationFilterContext context)
    {
        var action = context.MethodInfo;
        var hasKey = action.GetParameters().Any(parameter => parameter.ParameterType == typeof(ValueKey));
        return status switch
        {
            400 when hasKey => ProblemBody.BadInput("key", EmptyKeyFilter.Error),
            400 => BadBody(action),
            401 => ProblemBody.Of(401, $"This token has expired. {OutcomeProblems.NewToken}"),
            403 when IsScoped(action) => ProblemBody.Of(403, "This token belongs to another deployment."),
            403 => ProblemBody.Of(403, StoreController.AnonymousHasNoNamespace),
            404 when hasKey => OutcomeProblems.For(new Outcome(OutcomeKind.Absent)).Problem,
            404 when IsListing(action) =>
                OutcomeProblems.For(new Outcome(OutcomeKind.TooFew) { Progress = new Progress(2, 3) }).Problem,
            404 when action.DeclaringType == typeof(TicketsController)
                && action.Name == nameof(TicketsController.Revoke) =>
                ProblemBody.Of(404, TicketsController.NoSuchTicket),
            404 when IsScoped(action) => ProblemBody.Of(404, "Deployment not found."),
            404 => ProblemBody.Of(404, "Unknown client; available: linux-x64, linux-arm64, goterra.sh, install.sh."),
            409 => OutcomeProblems.For(
                new Outcome(OutcomeKind.Leased) { Expires = DateTimeOffset.UnixEpoch.AddYears(56) }).Problem,
            410 when Takes<CreateDeploymentRequest>(action) => ProblemBody.Of(410, StoreController.KeyIsSpent),
            410 when Takes<RedeemRequest>(action) => ProblemBody.Of(410, TicketsController.Refused),
            410 => OutcomeProblems.For(new Outcome(OutcomeKind.Gone)).Problem,
            412 => OutcomeProblems.For(new Outcome(OutcomeKind.ConditionFailed, default(EntityTag))).Problem,
            413 => OutcomeProblems.OverLimit(413, TooMuch(action)),
            415 => ProblemBody.Of(415, ValuesController.Multipart),
            422 when Takes<CreateDeploymentRequest>(action) => ProblemBody.Of(422, StoreController.KeyIsReused),
            422 => OutcomeProblems.For(new Outcome(OutcomeKind.IdempotencyKeyReused)).Problem,
            424 => OutcomeProblems.For(
                new Outcome(OutcomeKind.Failed) { Failure = new Failure("worker-2 has no disk", null) }).Problem,
            429 => OutcomeProblems.OverLimit(429, TooOften(action)),
            503 => ProblemBody.Of(503, "The store is unavailable, or timed out. Retry later."),
            507 => ProblemBody.Of(507, ProblemExceptionHandler.StoreIsFull),
            _ => throw new InvalidOperationException($"Status {status} has no example."),
        };
    }

    private static ProblemBody BadBody(MethodInfo action) =>
        Takes<CreateDeploymentRequest>(action)
            ? ProblemBody.BadInput("ttl", CreateDeploymentRequestValidator.TtlFormat)
            : Takes<PutValueRequest>(action) ? ProblemBody.BadInput("key", "it is required")
            : Takes<TokenRequest>(action) || Takes<TicketRequest>(action)
                ? ProblemBody.BadInput("ttl", Duration.Format + "; the minimum is 1s")
            : IsListing(action) ? ProblemBody.BadInput("wait", Duration.Format)
            : ProblemBody.Of(400, "The request is malformed.");

    private LimitHit TooMuch(MethodInfo action) =>
        IsListing(action) ? new LimitHit("listing_bytes", limits.ListingBytes)
            : Takes<FailRequest>(action) ? new LimitHit("failures", DeploymentFailure.MaxOpen)
            : Takes<TicketRequest>(action) ? new LimitHit("tickets", limits.Tickets)
            : action.DeclaringType == typeof(TicketsController) ? new LimitHit("revoked_tickets", 100)
            : new LimitHit("value_bytes", limits.ValueBytes);

    private LimitHit TooOften(MethodInfo action) =>
        Takes<RedeemRequest>(action) ? new LimitHit("redemptions", limits.Redemptions)
            : Takes<CreateDeploymentRequest>(action) ? new LimitHit("creates_per_minute", limits.CreatesPerMinute)
            : action.GetCustomAttribute<HttpGetAttribute>() is not null && IsScoped(action)
                ? new LimitHit("waits_per_deployment", limits.WaitsPerDeployment)
            : new LimitHit("failed_attempts", limits.FailedAttempts);

    private static bool IsScoped(MethodInfo action) =>
        action.DeclaringType?.GetCustomAttribute<DeploymentScopedAttribute>() is not null;

    private static bool IsListing(MethodInfo action) => Takes<ListingQuery>(action);

    private static bool Takes<T>(MethodInfo action) =>
        action.GetParameters().Any(parameter => parameter.ParameterType == typeof(T));
}
