using System.Globalization;
using Goterra.Api.Authentication;
using Goterra.Api.Errors;
using Goterra.Api.Http;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Services;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ModelBinding;

namespace Goterra.Api.Deployments;

/// <summary>One deployment as a whole.</summary>
[Route("/store/{id}")]
[Tags("Deployments")]
public sealed class DeploymentsController(
    DeploymentService deployments, EventService events, Limits limits, TimeProvider time) : DeploymentControllerBase
{
    /// <summary>Show a deployment: its keys and values, and current waits</summary>
    /// <remarks>
    /// With <c>filter</c> and <c>count</c> this is a barrier: it returns 404 while fewer keys than <c>count</c> have
    /// the prefix; with <c>wait</c>, it waits until they exist. With <c>Accept: text/event-stream</c> it streams live
    /// events (server-sent events; resumes from Last-Event-ID), the first of which, <c>snapshot</c>, tells the keys and
    /// waits of that moment.
    /// </remarks>
    /// <param name="listing">What to show.</param>
    /// <param name="encoding">How values are encoded in JSON.</param>
    /// <param name="wait">Whether and how to wait.</param>
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
        [FromQuery] ListingQuery listing,
        [FromQuery] EncodingQuery encoding,
        [FromQuery] WaitQuery wait)
    {
        if (listing.Count is not null
            ? listing.Prefix is null
            : wait.Wait > TimeSpan.Zero || wait.IsPolling || wait.FailurePrefix is not null)
        {
            return new ProblemResult(
                ProblemBody.BadInput("count", "a barrier requires both filter=<prefix> and count=<number of keys>"));
        }

        if (listing.Count > limits.Keys)
        {
            return new ProblemResult(ProblemBody.BadInput("count", string.Create(
                CultureInfo.InvariantCulture,
                $"a deployment can have at most {limits.Keys:N0} keys on this server (limits.keys)")));
        }

        var withValues = listing.Values ?? true;
        var prefix = listing.Prefix ?? KeyPrefix.All;
        var (outcome, contents) = listing.Count is { } count
            ? await deployments.GatherAsync(
                Caller, new KeyBarrier(prefix, count), withValues, wait.ToOptions(Request), Aborted)
            : await deployments.ListAsync(Caller, prefix, withValues, listing.Details, Aborted);
        if (outcome.Kind == OutcomeKind.TooFew && wait.IsPolling)
            return new PendingResult();
        return contents is null ? OutcomeProblems.For(outcome) : new DeploymentResult(contents, encoding.IsBase64);
    }

    /// <summary>Watch a deployment: live events</summary>
    /// <param name="lastEventId">The last event that the client has received.</param>
    [HttpGet, EventStreamOnly]
    [ApiExplorerSettings(IgnoreApi = true)]
    public async Task<ActionResult> Watch([FromHeader(Name = "Last-Event-ID")] string? lastEventId)
    {
        long? after = null;
        if (!string.IsNullOrEmpty(lastEventId))
        {
            if (!events.TryReadId(Caller, lastEventId, out var number))
                return new ProblemResult(
                    ProblemBody.BadInput("Last-Event-ID", "must be the id of an event of an earlier stream"));
            after = number;
        }

        var (outcome, stream) = await events.WatchAsync(
            Caller, after, ClientAddress.NetworkOf(HttpContext).ToString(), Aborted);
        return stream is null ? OutcomeProblems.For(outcome) : new EventsResult(stream, time);
    }

    /// <summary>Declare the deployment failed</summary>
    /// <remarks>
    /// All current and later waits whose condition is not met end with 424 and the reason. Values can still be read and
    /// stored. The deployment is failed as long as any source has a failure; the first one's reason counts. Declaring
    /// it again for the same source is 200 too; its first reason is kept.
    /// </remarks>
    /// <param name="request">The reason, and who reports it.</param>
    /// <response code="200">The deployment is failed.</response>
    /// <response code="413">1,000 other sources have a failure that was not taken back.</response>
    [HttpPost("fail")]
    [ProducesResponseType<MessageResponse>(200)]
    [ProducesProblem(400, 401, 403, 410, 413, 503, 507)]
    public async Task<ActionResult<MessageResponse>> Fail([FromBody] FailRequest request) =>
        Message("failed", await deployments.FailAsync(
            Caller, SourceOf(request.Source), request.Reason!.Value.Value, Aborted));

    /// <summary>Take failures back</summary>
    /// <remarks>
    /// With <c>source</c>, takes back the failure of that source; a narrowed token may do so if it reported the failure
    /// itself, or a token from which it was renewed or of the same ticket did. Without a body, takes back all of them.
    /// When none is left, waits work again; those that ended are not resumed. Without a failure, this is 200 too.
    /// </remarks>
    /// <param name="request">Which failure.</param>
    /// <response code="200">The failure is taken back.</response>
    [HttpPost("resume")]
    [ProducesResponseType<MessageResponse>(200)]
    [ProducesProblem(400, 401, 403, 410, 503, 507)]
    public async Task<ActionResult<MessageResponse>> Resume(
        [FromBody(EmptyBodyBehavior = EmptyBodyBehavior.Allow)] ResumeRequest? request) =>
        Message("resumed", await deployments.ResumeAsync(Caller, SourceOf(request?.Source), Aborted));

    /// <summary>Delete the deployment</summary>
    /// <remarks>Removes its data, invalidates its tokens, and ends all of its waits with 410.</remarks>
    /// <response code="200">The deployment is deleted.</response>
    [HttpDelete]
    [ProducesResponseType<MessageResponse>(200)]
    [ProducesProblem(400, 401, 403, 410, 503, 507)]
    public async Task<ActionResult<MessageResponse>> Delete() =>
        Message("deleted", await deployments.DeleteAsync(Caller, Aborted));

    private static FailureSource? SourceOf(string? text) => text is null ? null : FailureSource.Parse(text);

    private static ActionResult<MessageResponse> Message(string done, Outcome outcome) =>
        outcome.Kind == OutcomeKind.Done ? new MessageResponse(done) : OutcomeProblems.For(outcome);
}
