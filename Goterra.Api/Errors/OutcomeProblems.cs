using System.Globalization;
using Goterra.Core.Deployments;
using Goterra.Core.Model;

namespace Goterra.Api.Errors;

/// <summary>
/// Maps outcomes to status codes. Creation and tickets have texts of their own: <c>StoreController</c>,
/// <c>TicketsController</c>.
/// </summary>
internal static class OutcomeProblems
{
    public const string NewToken = "Get a new one from the owner of the deployment.";
    private const string PerUser = "per user, or per address within the lifetime of a token for anonymous clients";

    public static ProblemResult For(Outcome outcome) =>
        new(ProblemFor(outcome)) { ETag = outcome.Tag is { } tag ? $"\"{tag}\"" : null };

    private static ProblemBody ProblemFor(Outcome outcome) => outcome.Kind switch
    {
        OutcomeKind.Absent => ProblemBody.Of(
            404, outcome.Nearest is null
                ? "Key not found."
                : $"Key not found. The nearest existing key is '{outcome.Nearest}'."),
        OutcomeKind.TooFew => ProblemBody.Of(404, string.Create(
            CultureInfo.InvariantCulture, $"{outcome.Progress!.Have} of {outcome.Progress.Want} keys exist.")
            + (outcome.Nearest is null ? "" : $" The nearest existing prefix is '{outcome.Nearest}'.")),
        OutcomeKind.Failed => Failed(outcome.Failure!),
        OutcomeKind.Gone => ProblemBody.Of(410, "This deployment was deleted or has expired. Stop waiting for it."),
        OutcomeKind.Revoked => ProblemBody.Of(401, $"This token was revoked. {NewToken}"),
        OutcomeKind.CredentialExpired => ProblemBody.Of(401, outcome.Expires is { } at
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"This token has expired: at {at.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}, by the clock of the store. ")
                + NewToken
            : $"This token has expired. {NewToken}"),
        OutcomeKind.OutOfScope => ProblemBody.Of(
            403,
            "This token does not allow that: it is restricted to certain keys. Use a full token, or one whose scope "
            + "includes it."),
        OutcomeKind.NotReporter => ProblemBody.Of(
            403,
            "A restricted token can only take back failures that it reported itself, each by its source. Use a full "
            + "token to take back others."),
        OutcomeKind.Leased => ProblemBody.Of(409, string.Create(
            CultureInfo.InvariantCulture,
            $"This key is a lease until {outcome.Expires:yyyy-MM-dd'T'HH:mm:ss'Z'}. Its holder can write it with "
            + $"its ETag in If-Match; others must wait until the lease expires.")),
        OutcomeKind.FenceLost => ProblemBody.Of(
            412, "The fence was not met: the lease has expired or is held by another client. Nothing was written."),
        OutcomeKind.IdempotencyKeyReused => ProblemBody.Of(
            422,
            "This Idempotency-Key was already used for a different write: another caller, method, key, condition, "
            + "lease, fence or value. Use a new one for each write."),
        OutcomeKind.RenewalOver => ProblemBody.Of(
            403,
            "This deployment is too old for its tokens to be renewed (token.renewable_for). Its owner can issue a "
            + "new token with an API key."),
        OutcomeKind.ConditionFailed => ProblemBody.Of(412, outcome.Tag is null
            ? "The condition was not met: the key does not exist, or this token may not read it."
            : "The condition was not met: the value has changed. Its current ETag is in the response."),
        OutcomeKind.OverLimit => OverLimit(413, outcome.Limit!),
        OutcomeKind.TooManyWaits => OverLimit(429, outcome.Limit!),
        OutcomeKind.ShuttingDown =>
            ProblemBody.Of(
                503, "This server is shutting down, or was reconfigured. Retry: it or another instance will continue."),
        OutcomeKind.Abandoned => ProblemBody.Of(StatusCodes.Status499ClientClosedRequest, "The client disconnected."),
        _ => throw new InvalidOperationException($"{outcome.Kind} is not a problem."),
    };

    private static ProblemBody Failed(Failure failure) => ProblemBody.Of(424, failure.Key is null
        ? $"The deployment failed: {failure.Reason}" + (failure.Source is null ? "" : $" (source: {failure.Source})")
        : $"The key {failure.Key} reports a failure: {failure.Reason}") with
    {
        Reason = failure.Reason,
        Source = failure.Source,
        Key = failure.Key,
    };

    public static ProblemBody OverLimit(int status, LimitHit limit)
    {
        FormattableString detail = limit.Name switch
        {
            "value_bytes" => $"A value can have at most {limit.Value:N0} bytes (limits.value_bytes).",
            "body_bytes" => $"The body of this request can have at most {limit.Value:N0} bytes.",
            "keys" => $"A deployment can have at most {limit.Value:N0} keys (limits.keys). Remove some first.",
            "deployment_bytes" =>
                $"A deployment can have at most {limit.Value:N0} bytes (limits.deployment_bytes). Remove some.",
            "listing_bytes" =>
                $"A listing can have at most {limit.Value:N0} bytes (limits.listing_bytes). Use values=false.",
            "upload_bytes" =>
                $"This server is receiving {limit.Value:N0} bytes, its maximum (limits.upload_bytes). Retry later.",
            "tickets" =>
                $"A deployment can have at most {limit.Value:N0} tickets (limits.tickets). Wait until some expire.",
            "failures" =>
                $"A deployment can have at most {limit.Value:N0} open failures. Take some back first.",
            "revoked_tickets" =>
                $"At most {limit.Value:N0} redeemed tickets can be revoked one by one. Revoke all tokens and tickets.",
            "failed_attempts" =>
                $"Throttled: {limit.Value:N0} wrong credentials in a minute (limits.failed_attempts). Retry later.",
            "redemptions" =>
                $"Throttled: {limit.Value:N0} redemptions of tickets in a second (limits.redemptions). Retry later.",
            "creates_per_minute" =>
                $"Throttled: {limit.Value:N0} new deployments in a minute (limits.creates_per_minute). Retry later.",
            "deployments_per_user" =>
                $"Too many deployments: the maximum is {limit.Value:N0} {PerUser} (limits.deployments_per_user).",
            "header_bytes" =>
                $"The headers of a request can have at most {limit.Value:N0} bytes (limits.header_bytes).",
            "waits_per_address" =>
                $"This address has {limit.Value:N0} waits, its maximum (limits.waits_per_address). Retry later.",
            "waits" =>
                $"This server has {limit.Value:N0} waits and streams, its maximum (limits.waits). Retry later.",
            "waits_per_deployment" =>
                $"This deployment has {limit.Value:N0} waits, its maximum (limits.waits_per_deployment). Retry later.",
            _ => $"The limit {limit.Name} of {limit.Value:N0} is exceeded.",
        };
        return ProblemBody.Of(status, detail.ToString(CultureInfo.InvariantCulture)) with
        {
            Limit = limit.Name,
            LimitValue = limit.Value,
        };
    }
}
