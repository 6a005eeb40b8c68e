using System.Globalization;
using Goterra.Core;

namespace Goterra.Api.Problems;

/// <summary>The one place where an outcome becomes a status code.</summary>
internal static class OutcomeProblems
{
    public static ProblemResult For(Outcome outcome)
    {
        var problem = outcome.Kind switch
        {
            OutcomeKind.Absent => ProblemBody.Of(404, "There is no such key in this deployment (yet)."),
            OutcomeKind.TooFew => ProblemBody.Of(404, string.Create(CultureInfo.InvariantCulture, $"{outcome.Progress!.Have} of {outcome.Progress.Want} keys are there (yet).")),
            OutcomeKind.Failed => Failed(outcome.Failure!),
            OutcomeKind.Gone => ProblemBody.Of(410, "This deployment was deleted or its time ran out. Nothing will come here any more."),
            OutcomeKind.Revoked => ProblemBody.Of(401, "This token was revoked. Get a new one from whoever owns the deployment."),
            OutcomeKind.CredentialExpired => ProblemBody.Of(401, "This token expired while it waited. Get a new one from whoever owns the deployment."),
            OutcomeKind.OutOfScope => ProblemBody.Of(403, "This token was narrowed, and does not reach that far."),
            OutcomeKind.Leased => ProblemBody.Of(409, string.Create(
                CultureInfo.InvariantCulture, $"This key is a lease until {outcome.Expires:yyyy-MM-dd'T'HH:mm:ss'Z'}. Its holder writes it with its ETag in If-Match; anybody else waits until it is over.")),
            OutcomeKind.FenceLost => ProblemBody.Of(412, "The fence does not hold: that lease is over, or in other hands. Nothing was written."),
            OutcomeKind.IdempotencyKeyReused => ProblemBody.Of(422, "This Idempotency-Key was already used for a different write: another caller, method, key, condition, lease, fence or value. Use a new one for each write."),
            OutcomeKind.RenewalOver => ProblemBody.Of(403, "This deployment is too old for its tokens to be renewed (token.renewable_for). An API key of its owner makes a new one."),
            OutcomeKind.ConditionFailed => ProblemBody.Of(412, outcome.Tag is null
                ? "The condition did not hold: there is no such key, or none that may be shown."
                : "The condition did not hold: the key has another value by now. Its ETag is in the answer."),
            OutcomeKind.OverLimit => OverLimit(413, outcome.Limit!),
            OutcomeKind.TooManyWaits => OverLimit(429, outcome.Limit!),
            OutcomeKind.ShuttingDown => ProblemBody.Of(503, "This server is being stopped. Ask again: it, or another one, will go on."),
            OutcomeKind.Abandoned => ProblemBody.Of(StatusCodes.Status499ClientClosedRequest, "The caller hung up."),
            _ => throw new InvalidOperationException($"{outcome.Kind} is no problem."),
        };

        return new ProblemResult(problem) { ETag = outcome.Tag is { } tag ? Http.EntityTags.Format(tag) : null };
    }

    private static ProblemBody Failed(Failure failure) => ProblemBody.Of(424, failure.Key is null
        ? $"The deployment failed: {failure.Reason}"
        : $"A machine failed, and said so in {failure.Key}: {failure.Reason}") with { Reason = failure.Reason, Key = failure.Key };

    public static ProblemBody OverLimit(int status, LimitHit limit)
    {
        FormattableString detail = limit.Name switch
        {
            "value_bytes" => $"A value may have at most {limit.Value:N0} bytes (limits.value_bytes).",
            "keys" => $"A deployment may have at most {limit.Value:N0} keys (limits.keys). Remove some first.",
            "deployment_bytes" => $"The values of a deployment may have at most {limit.Value:N0} bytes together (limits.deployment_bytes). Remove some first.",
            "listing_bytes" => $"The values of one listing may have at most {limit.Value:N0} bytes (limits.listing_bytes). Leave them out with values=false, or narrow the list with filter.",
            "tickets" => $"A deployment may have at most {limit.Value:N0} tickets (limits.tickets). Those that are over make room by themselves.",
            "failed_attempts" => $"There were {limit.Value:N0} wrong API keys or tickets from this address within a minute (limits.failed_attempts). Ask again in a moment, with the right one.",
            "waits" => $"This server holds {limit.Value:N0} waits, and may hold no more (limits.waits). Ask again in a moment.",
            "waits_per_deployment" => $"This deployment has {limit.Value:N0} waits, and may have no more (limits.waits_per_deployment). Ask again in a moment.",
            _ => $"This is over the limit {limit.Name} of {limit.Value:N0}.",
        };
        return ProblemBody.Of(status, detail.ToString(CultureInfo.InvariantCulture)) with { Limit = limit.Name, LimitValue = limit.Value };
    }
}
