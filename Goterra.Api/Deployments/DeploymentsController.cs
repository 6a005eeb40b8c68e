using System.Globalization;
using Goterra.Api.Access;
using Goterra.Api.Http;
using Goterra.Api.Problems;
using Goterra.Core;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Microsoft.AspNetCore.Mvc;

namespace Goterra.Api.Deployments;

/// <summary>One deployment as a whole.</summary>
[ApiController]
[DeploymentScoped]
[Route("/store/{id}")]
[Tags("Deployments")]
public sealed class DeploymentsController(DeploymentService deployments, ValueService values, EventService events, TimeProvider time) : ControllerBase
{
    /// <summary>Show a deployment: its keys and values, and who waits for what</summary>
    /// <remarks>
    /// With <c>filter</c> and <c>count</c> it is a barrier: the same answer when at least so many keys begin with the prefix, and 404 as long as there are
    /// fewer; with <c>wait</c>, as soon as they are there. With <c>Accept: text/event-stream</c> it shows what happens, live (server-sent events; replay
    /// from Last-Event-ID).
    /// </remarks>
    /// <param name="caller">Who asks.</param>
    /// <param name="filter">Only keys that begin with this.</param>
    /// <param name="withValues">With <c>false</c>, the values are left out, and none is loaded.</param>
    /// <param name="count">So many keys must begin with <c>filter</c>.</param>
    /// <param name="query">Whether and how to wait.</param>
    /// <param name="fail">A key that begins with this ends the wait with 424: whoever writes one has failed, and its value says why.</param>
    /// <param name="cancellationToken">The request was given up.</param>
    /// <response code="200">The deployment.</response>
    /// <response code="404">There are fewer keys than <c>count</c>, or there were until the time was over.</response>
    /// <response code="413">The values are too many bytes for one listing: use <c>filter</c> or <c>values=false</c>.</response>
    /// <response code="424">The deployment is failed, or failed while this waited; or a key with the prefix <c>fail</c> exists. The problem has the reason.</response>
    [HttpGet, HttpHead]
    [ProducesResponseType<DeploymentResponse>(200)]
    [ProducesProblem(400, 401, 403, 404, 410, 413, 424, 429, 503)]
    public async Task<ActionResult<DeploymentResponse>> Show(
        [FromRequest] Caller caller,
        [FromQuery] KeyPrefix? filter,
        [FromQuery(Name = "values")] bool? withValues,
        [FromQuery] int? count,
        [FromQuery] WaitQuery query,
        [FromQuery] KeyPrefix? fail,
        CancellationToken cancellationToken)
    {
        if (count is null ? query.Wait > TimeSpan.Zero || query.IsPolling || fail is not null : filter is null)
            return new ProblemResult(ProblemBody.BadInput("count", "a barrier needs both filter=<prefix> and count=<number of keys>"));

        var (outcome, contents) = count is { } number
            ? await deployments.GatherAsync(caller, new KeyBarrier(filter!, number), withValues ?? true, query.ToOptions(Request, fail), cancellationToken)
            : await deployments.ListAsync(caller, filter ?? KeyPrefix.All, withValues ?? true, cancellationToken);
        if (outcome.Kind == OutcomeKind.TooFew && query.IsPolling)
            return new PendingResult();
        return contents is null ? OutcomeProblems.For(outcome) : DeploymentResponse.From(contents);
    }

    /// <summary>Watch a deployment: live events</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="lastEventId">The last event that the caller has seen.</param>
    /// <param name="cancellationToken">The request was given up.</param>
    [HttpGet, EventStreamOnly]
    [ApiExplorerSettings(IgnoreApi = true)]
    public async Task<ActionResult> Watch(
        [FromRequest] Caller caller, [FromHeader(Name = "Last-Event-ID")] string? lastEventId, CancellationToken cancellationToken)
    {
        long? after = long.TryParse(lastEventId, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        if (after is null && !string.IsNullOrEmpty(lastEventId))
            return new ProblemResult(ProblemBody.BadInput("Last-Event-ID", "it takes the id of an event, as an earlier stream had it"));

        var (outcome, stream) = await events.WatchAsync(caller, after, cancellationToken);
        return stream is null ? OutcomeProblems.For(outcome) : new EventsResult(stream, time);
    }

    /// <summary>Declare the deployment failed</summary>
    /// <remarks>
    /// Every wait in it whose condition is not met ends at once with 424 and the reason, and so does every later one. Values can still be read and stored. A second
    /// declaration is 200 too; the first reason stays.
    /// </remarks>
    /// <param name="caller">Who asks.</param>
    /// <param name="request">The reason.</param>
    /// <param name="cancellationToken">The request was given up.</param>
    /// <response code="200">It is failed.</response>
    [HttpPost("fail")]
    [ProducesResponseType<MessageResponse>(200)]
    [ProducesProblem(400, 401, 403, 410, 503, 507)]
    public async Task<ActionResult<MessageResponse>> Fail([FromRequest] Caller caller, [FromBody] FailRequest request, CancellationToken cancellationToken)
    {
        var outcome = await deployments.FailAsync(caller, request.Reason!, cancellationToken);
        return outcome.Kind == OutcomeKind.Done ? new MessageResponse("failed") : OutcomeProblems.For(outcome);
    }

    /// <summary>Take a failure back</summary>
    /// <remarks>Waits work again from now on; those that the failure ended stay ended. Resuming an active deployment is 200.</remarks>
    /// <param name="caller">Who asks.</param>
    /// <param name="cancellationToken">The request was given up.</param>
    /// <response code="200">It is active.</response>
    [HttpPost("resume")]
    [ProducesResponseType<MessageResponse>(200)]
    [ProducesProblem(400, 401, 403, 410, 503, 507)]
    public async Task<ActionResult<MessageResponse>> Resume([FromRequest] Caller caller, CancellationToken cancellationToken)
    {
        var outcome = await deployments.ResumeAsync(caller, cancellationToken);
        return outcome.Kind == OutcomeKind.Done ? new MessageResponse("resumed") : OutcomeProblems.For(outcome);
    }

    /// <summary>Store a value, key and value in a JSON body</summary>
    /// <remarks>The members' names may be written in any case, and any Content-Type will do: clients of the original system send <c>{"Key": ..., "Value": ...}</c>.</remarks>
    /// <param name="caller">Who asks.</param>
    /// <param name="request">Key and value.</param>
    /// <param name="terms">If-Match, If-None-Match, Idempotency-Key, Goterra-Fence.</param>
    /// <param name="cancellationToken">The request was given up.</param>
    /// <response code="200">The value is stored, and whoever waited for it has it. The ETag names this state of it.</response>
    [HttpPut]
    [Tags("Values")]
    [ProducesResponseType<WrittenResponse>(200)]
    [ProducesProblem(400, 401, 403, 409, 410, 412, 413, 422, 503, 507)]
    public async Task<ActionResult<WrittenResponse>> Put(
        [FromRequest] Caller caller,
        [FromBody] PutValueRequest request,
        [FromRequest] WriteTerms terms,
        CancellationToken cancellationToken)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(request.Value!);
        return WriteAnswer.For(this, await values.PutAsync(caller, ValueKey.Parse(request.Key!), bytes, terms, cancellationToken));
    }

    /// <summary>Delete the deployment</summary>
    /// <remarks>Its data is gone, its tokens are worthless, every wait on it ends with 410.</remarks>
    /// <param name="caller">Who asks.</param>
    /// <param name="cancellationToken">The request was given up.</param>
    /// <response code="200">It is deleted.</response>
    [HttpDelete]
    [ProducesResponseType<MessageResponse>(200)]
    [ProducesProblem(400, 401, 403, 410, 503, 507)]
    public async Task<ActionResult<MessageResponse>> Delete([FromRequest] Caller caller, CancellationToken cancellationToken)
    {
        var outcome = await deployments.DeleteAsync(caller, cancellationToken);
        return outcome.Kind == OutcomeKind.Done ? new MessageResponse("deleted") : OutcomeProblems.For(outcome);
    }
}
