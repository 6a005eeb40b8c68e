using System.Globalization;
using Goterra.Api.Authentication;
using Goterra.Api.Errors;
using Goterra.Api.Http;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Services;
using Microsoft.AspNetCore.Mvc;

namespace Goterra.Api.Deployments;

/// <summary>One deployment as a whole.</summary>
[ApiController]
[DeploymentScoped]
[Route("/store/{id}")]
[Tags("Deployments")]
public sealed class DeploymentsController(
    DeploymentService deployments, EventService events, Limits limits, TimeProvider time) : ControllerBase
{
    /// <summary>Show a deployment: its keys and values, and current waits</summary>
    /// <remarks>
    /// With <c>filter</c> and <c>count</c> this is a barrier: it returns 404 while fewer keys than <c>count</c> have
    /// the prefix; with <c>wait</c>, it waits until they exist. With <c>Accept: text/event-stream</c> it streams live
    /// events (server-sent events; resumes from Last-Event-ID).
    /// </remarks>
    /// <param name="caller">The caller.</param>
    /// <param name="filter">Only keys with this prefix.</param>
    /// <param name="withValues">With <c>false</c>, values are neither loaded nor returned.</param>
    /// <param name="security">With <c>true</c>, the response contains the security events.</param>
    /// <param name="count">How many keys must have the prefix <c>filter</c>.</param>
    /// <param name="query">Whether and how to wait.</param>
    /// <param name="fail">A key with this prefix reports a failure: the wait ends with 424, and the value is the
    /// reason.</param>
    /// <param name="cancellationToken">Canceled if the client disconnects.</param>
    /// <response code="200">The deployment.</response>
    /// <response code="404">Fewer keys than <c>count</c> exist, or they were not stored in time.</response>
    /// <response code="413">The values have too many bytes for one listing: use <c>filter</c> or
    /// <c>values=false</c>.</response>
    /// <response code="424">The deployment has failed, or failed during the wait; or a key with the prefix <c>fail</c>
    /// exists. The problem has the reason.</response>
    [HttpGet, HttpHead]
    [ProducesResponseType<DeploymentResponse>(200)]
    [ProducesProblem(400, 401, 403, 404, 410, 413, 424, 429, 503)]
    public async Task<ActionResult<DeploymentResponse>> Show(
        [FromRequest] Caller caller,
        [FromQuery] KeyPrefix? filter,
        [FromQuery(Name = "values")] bool? withValues,
        [FromQuery] bool? security,
        [FromQuery] int? count,
        [FromQuery] WaitQuery query,
        [FromQuery] FailurePrefix? fail,
        CancellationToken cancellationToken)
    {
        if (count is null ? query.Wait > TimeSpan.Zero || query.IsPolling || fail is not null : filter is null)
            return new ProblemResult(
                ProblemBody.BadInput("count", "a barrier requires both filter=<prefix> and count=<number of keys>"));

        if (count > limits.Keys)
            return new ProblemResult(ProblemBody.BadInput("count", string.Create(
                CultureInfo.InvariantCulture,
                $"a deployment can have at most {limits.Keys:N0} keys on this server (limits.keys)")));

        var (outcome, contents) = count is { } number
            ? await deployments.GatherAsync(
                caller, new KeyBarrier(filter!, number), withValues ?? true, query.ToOptions(Request, fail),
                cancellationToken)
            : await deployments.ListAsync(
                caller, filter ?? KeyPrefix.All, withValues ?? true, security ?? false, cancellationToken);
        if (outcome.Kind == OutcomeKind.TooFew && query.IsPolling)
            return new PendingResult();
        return contents is null ? OutcomeProblems.For(outcome) : DeploymentResponse.From(contents);
    }

    /// <summary>Watch a deployment: live events</summary>
    /// <param name="caller">The caller.</param>
    /// <param name="lastEventId">The last event that the client has received.</param>
    /// <param name="cancellationToken">Canceled if the client disconnects.</param>
    [HttpGet, EventStreamOnly]
    [ApiExplorerSettings(IgnoreApi = true)]
    public async Task<ActionResult> Watch(
        [FromRequest] Caller caller, [FromHeader(Name = "Last-Event-ID")] string? lastEventId,
        CancellationToken cancellationToken)
    {
        long? after = long.TryParse(lastEventId, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
        if (after is null && !string.IsNullOrEmpty(lastEventId))
            return new ProblemResult(
                ProblemBody.BadInput("Last-Event-ID", "it takes the id of an event of an earlier stream"));

        var (outcome, stream) = await events.WatchAsync(caller, after, cancellationToken);
        return stream is null ? OutcomeProblems.For(outcome) : new EventsResult(stream, time);
    }

    /// <summary>Declare the deployment failed</summary>
    /// <remarks>
    /// All current and later waits whose condition is not met end with 424 and the reason. Values can still be read and
    /// stored. Declaring it again is 200 too; the first reason is kept.
    /// </remarks>
    /// <param name="caller">The caller.</param>
    /// <param name="request">The reason.</param>
    /// <param name="cancellationToken">Canceled if the client disconnects.</param>
    /// <response code="200">The deployment is failed.</response>
    [HttpPost("fail")]
    [ProducesResponseType<MessageResponse>(200)]
    [ProducesProblem(400, 401, 403, 410, 503, 507)]
    public async Task<ActionResult<MessageResponse>> Fail(
        [FromRequest] Caller caller, [FromBody] FailRequest request, CancellationToken cancellationToken) =>
        Message("failed", await deployments.FailAsync(caller, request.Reason!.Value.Value, cancellationToken));

    /// <summary>Take a failure back</summary>
    /// <remarks>
    /// Waits work again from now on; those that ended are not resumed. Resuming an active deployment is 200 too.
    /// </remarks>
    /// <param name="caller">The caller.</param>
    /// <param name="cancellationToken">Canceled if the client disconnects.</param>
    /// <response code="200">The deployment is active.</response>
    [HttpPost("resume")]
    [ProducesResponseType<MessageResponse>(200)]
    [ProducesProblem(400, 401, 403, 410, 503, 507)]
    public async Task<ActionResult<MessageResponse>> Resume(
        [FromRequest] Caller caller, CancellationToken cancellationToken) =>
        Message("resumed", await deployments.ResumeAsync(caller, cancellationToken));

    /// <summary>Delete the deployment</summary>
    /// <remarks>Removes its data, invalidates its tokens, and ends all of its waits with 410.</remarks>
    /// <param name="caller">The caller.</param>
    /// <param name="cancellationToken">Canceled if the client disconnects.</param>
    /// <response code="200">The deployment is deleted.</response>
    [HttpDelete]
    [ProducesResponseType<MessageResponse>(200)]
    [ProducesProblem(400, 401, 403, 410, 503, 507)]
    public async Task<ActionResult<MessageResponse>> Delete(
        [FromRequest] Caller caller, CancellationToken cancellationToken) =>
        Message("deleted", await deployments.DeleteAsync(caller, cancellationToken));

    private static ActionResult<MessageResponse> Message(string done, Outcome outcome) =>
        outcome.Kind == OutcomeKind.Done ? new MessageResponse(done) : OutcomeProblems.For(outcome);
}
