using Goterra.Api.Access;
using Goterra.Api.Http;
using Goterra.Api.Problems;
using Goterra.Core;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Microsoft.AspNetCore.Mvc;

namespace Goterra.Api.Deployments;

/// <summary>One value of a deployment.</summary>
[ApiController]
[DeploymentScoped]
[Route("/store/{id}/{**key}")]
[Tags("Values")]
public sealed class ValuesController(ValueService values, Limits limits) : ControllerBase
{
    /// <summary>Get a value, or wait for it</summary>
    /// <remarks>
    /// Answers with JSON, or with the bare bytes where <c>raw</c> is given or Accept prefers text/plain or application/octet-stream. With <c>wait</c>, a key that
    /// doesn't exist yet is answered as soon as somebody stores it.
    /// </remarks>
    /// <param name="caller">Who asks.</param>
    /// <param name="key">The key; it may contain slashes.</param>
    /// <param name="query">Whether and how to wait.</param>
    /// <param name="fail">A key that begins with this ends the wait with 424: whoever writes one has failed, and its value says why.</param>
    /// <param name="known">If-None-Match.</param>
    /// <param name="cancellationToken">The request was given up.</param>
    /// <response code="200">The value, and the ETag that names this state of it.</response>
    /// <response code="304">The value is still the one that If-None-Match names.</response>
    /// <response code="404">There is no such key, or there was none until the time was over.</response>
    /// <response code="424">The deployment is failed, or failed while this waited; or a key with the prefix <c>fail</c> exists. The problem has the reason.</response>
    /// <response code="429">The server or the deployment holds as many waits as it may.</response>
    [HttpGet, HttpHead]
    [RawValue]
    [ProducesResponseType<ValueResponse>(200)]
    [ProducesResponseType(304)]
    [ProducesProblem(400, 401, 403, 404, 410, 424, 429, 503)]
    public async Task<ActionResult<ValueResponse>> Get(
        [FromRequest] Caller caller,
        [FromRoute] ValueKey key,
        [FromQuery] WaitQuery query,
        [FromQuery] KeyPrefix? fail,
        [FromRequest] KnownTags known,
        CancellationToken cancellationToken)
    {
        var (outcome, value) = await values.GetAsync(caller, key, known.Tags, query.ToOptions(Request, fail), cancellationToken);
        if (outcome.Kind == OutcomeKind.Absent && query.IsPolling && known.Tags.Count == 0)
            return new PendingResult();
        if (outcome.Kind is not (OutcomeKind.Done or OutcomeKind.NotModified))
            return OutcomeProblems.For(outcome);

        Response.Headers.ETag = EntityTags.Format(outcome.Tag!.Value);
        if (value is null)
            return StatusCode(StatusCodes.Status304NotModified);

        return ValueBody.RawTypeFor(Request) is { } type ? new RawValueResult(value.Bytes, type) : ValueResponse.From(key, value);
    }

    /// <summary>Store a value: the body as it is</summary>
    /// <remarks>Any Content-Type but multipart: <c>curl -d</c>, <c>--data-binary</c> and <c>-T</c> all work. The empty body is the empty value, and ends waits too.
    /// With <c>ttl</c>, the key is a lease: it is there for so long, unless it is renewed with its ETag in If-Match; while it lives, nobody writes it without a condition.</remarks>
    /// <param name="caller">Who asks.</param>
    /// <param name="key">The key; it may contain slashes.</param>
    /// <param name="terms">If-Match, If-None-Match, Idempotency-Key, Goterra-Fence.</param>
    /// <param name="cancellationToken">The request was given up.</param>
    /// <response code="200">The value is stored, and whoever waited for it has it. The ETag names this state of it.</response>
    /// <response code="413">The value is too long, or the deployment has too many keys or bytes: the problem names the limit.</response>
    /// <response code="415">The body is multipart: a form is not a value.</response>
    [HttpPut]
    [RawValue]
    [ProducesResponseType<WrittenResponse>(200)]
    [ProducesProblem(400, 401, 403, 409, 410, 412, 413, 415, 422, 503, 507)]
    public async Task<ActionResult<WrittenResponse>> Put(
        [FromRequest] Caller caller,
        [FromRoute] ValueKey key,
        [FromRequest] WriteTerms terms,
        CancellationToken cancellationToken)
    {
        if (Request.ContentType?.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) == true)
            return new ProblemResult(ProblemBody.Of(415, "A multipart form is not a value. Send the bytes themselves: curl -T FILE, or --data-binary @FILE."));
        if (await ValueBody.ReadAsync(Request, limits.ValueBytes, cancellationToken) is not { } value)
            return new ProblemResult(OutcomeProblems.OverLimit(413, new LimitHit("value_bytes", limits.ValueBytes)));

        return WriteAnswer.For(this, await values.PutAsync(caller, key, value, terms, cancellationToken));
    }

    /// <summary>Remove a value</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="key">The key; it may contain slashes.</param>
    /// <param name="terms">If-Match, If-None-Match, Idempotency-Key, Goterra-Fence.</param>
    /// <param name="cancellationToken">The request was given up.</param>
    /// <response code="200">It is removed.</response>
    /// <response code="404">There was no such key.</response>
    [HttpDelete]
    [ProducesResponseType<MessageResponse>(200)]
    [ProducesProblem(400, 401, 403, 404, 409, 410, 412, 422, 503, 507)]
    public async Task<ActionResult<MessageResponse>> Remove(
        [FromRequest] Caller caller,
        [FromRoute] ValueKey key,
        [FromRequest] WriteTerms terms,
        CancellationToken cancellationToken)
    {
        var outcome = await values.RemoveAsync(caller, key, terms, cancellationToken);
        return outcome.Kind == OutcomeKind.Done ? new MessageResponse("deleted") : OutcomeProblems.For(outcome);
    }
}
