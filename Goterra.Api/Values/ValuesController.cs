using System.Text;
using Goterra.Api.Authentication;
using Goterra.Api.Errors;
using Goterra.Api.Http;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Services;
using Microsoft.AspNetCore.Mvc;

namespace Goterra.Api.Values;

/// <summary>The values of a deployment.</summary>
[Route("/store/{id}/{**key}")]
[Tags("Values")]
public sealed class ValuesController(ValueService values, Limits limits) : DeploymentControllerBase
{
    internal const string Multipart =
        "A multipart form is not a value. Send the value itself: curl -T FILE, or --data-binary @FILE.";

    /// <summary>Get a value, or wait for it</summary>
    /// <remarks>
    /// Returns JSON, or the value as is if <c>raw</c> is given or Accept prefers text/plain or
    /// application/octet-stream. With <c>wait</c>, waits for a key that does not exist yet, and returns its value as
    /// soon as it is stored.
    /// </remarks>
    /// <param name="key">The key; it may contain slashes.</param>
    /// <param name="wait">Whether and how to wait.</param>
    /// <param name="encoding">How the value is encoded in JSON.</param>
    /// <param name="known">If-None-Match.</param>
    /// <response code="200">The value, with its ETag.</response>
    /// <response code="304">The value has not changed: its ETag is in If-None-Match.</response>
    /// <response code="404">The key does not exist, or was not stored in time.</response>
    /// <response code="424">The deployment has failed, or failed during the wait; or a key with the prefix <c>fail</c>
    /// exists. The problem has the reason.</response>
    /// <response code="429">The server or the deployment has the maximum number of waits.</response>
    [HttpGet, HttpHead]
    [RawValue]
    [ProducesResponseType<ValueResponse>(200)]
    [ProducesResponseType(304)]
    [ProducesProblem(400, 401, 403, 404, 410, 424, 429, 503)]
    public async Task<ActionResult<ValueResponse>> Get(
        [FromRoute] ValueKey key,
        [FromQuery] WaitQuery wait,
        [FromQuery] EncodingQuery encoding,
        [FromRequest] KnownTags known)
    {
        var (outcome, value) = await values.GetAsync(
            Caller, key, known.Tags, wait.ToOptions(Request), Aborted);
        if (outcome.Kind == OutcomeKind.Absent && wait.IsPolling && known.Tags.Count == 0)
            return new PendingResult();
        if (outcome.Kind is not (OutcomeKind.Done or OutcomeKind.NotModified))
            return OutcomeProblems.For(outcome);

        Response.Headers.ETag = EntityTags.Quote(outcome.Tag!.Value);
        if (value is null)
            return StatusCode(StatusCodes.Status304NotModified);

        return ValueBody.RawTypeFor(Request) is { } type
            ? new RawValueResult(value.Bytes, type)
            : ValueResponse.From(key, value, encoding.IsBase64);
    }

    /// <summary>Store a value: the request body</summary>
    /// <remarks>
    /// Any Content-Type except multipart: <c>curl -d</c>, <c>--data-binary</c> and <c>-T</c> all work. An empty body is
    /// an empty value, which ends waits too. With <c>ttl</c>, the key is a lease: it expires after that time unless it
    /// is renewed with its ETag in If-Match. Until then, writing it requires a condition. With <c>on_lapse=fail</c> and
    /// Goterra-Lapse-Reason, the server declares the deployment failed if the lease lapses without being removed: for
    /// machines that may stop without notice. A renewal with the same value keeps the switch; any other write, a
    /// removal and a revocation disarm it. A token with <c>"fail": false</c> may not arm one.
    /// </remarks>
    /// <param name="key">The key; it may contain slashes.</param>
    /// <param name="headers">If-Match, If-None-Match, Idempotency-Key, Goterra-Fence, Goterra-Lapse-Reason,
    /// Goterra-Lapse-Source.</param>
    /// <response code="200">The value is stored, and waits for it are over. The ETag identifies this state of
    /// it.</response>
    /// <response code="413">The value is too long, or the deployment has too many keys or bytes: the problem names the
    /// limit.</response>
    /// <response code="415">The body is multipart: a form is not a value.</response>
    [HttpPut]
    [RawValue]
    [ProducesResponseType<WrittenResponse>(200)]
    [ProducesProblem(400, 401, 403, 409, 410, 412, 413, 415, 422, 503, 507)]
    public async Task<ActionResult<WrittenResponse>> Put(
        [FromRoute] ValueKey key,
        [FromRequest] WriteHeaders headers)
    {
        if (Request.ContentType?.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) == true)
            return new ProblemResult(ProblemBody.Of(415, Multipart));

        var limit = new LimitHit("value_bytes", limits.ValueBytes);
        var (value, problem) = await ValueBody.ReadAsync(Request, limit, limits.ValueBytes, Aborted);
        if (problem is not null)
            return new ProblemResult(problem);
        return Written(await values.PutAsync(Caller, headers.ToWrite(Caller, key), value, Aborted), headers.OnLapse);
    }

    /// <summary>Store a value: key and value in a JSON body</summary>
    /// <remarks>
    /// Property names are case-insensitive, and any Content-Type is accepted: clients of the original system send
    /// <c>{"Key": ..., "Value": ...}</c>.
    /// </remarks>
    /// <param name="request">Key and value.</param>
    /// <param name="headers">If-Match, If-None-Match, Idempotency-Key, Goterra-Fence, Goterra-Lapse-Reason,
    /// Goterra-Lapse-Source.</param>
    /// <response code="200">The value is stored, and waits for it are over. The ETag identifies this state of
    /// it.</response>
    [HttpPut("/store/{id}")]
    [ProducesResponseType<WrittenResponse>(200)]
    [ProducesProblem(400, 401, 403, 409, 410, 412, 413, 422, 503, 507)]
    public async Task<ActionResult<WrittenResponse>> PutJson(
        [FromBody] PutValueRequest request,
        [FromRequest] WriteHeaders headers)
    {
        var key = ValueKey.Parse(request.Key!);
        if (HttpContext.Features.Get<RequestLogProperties>() is { } properties)
            properties.Key = key;
        var write = headers.ToWrite(Caller, key);
        return Written(
            await values.PutAsync(Caller, write, Encoding.UTF8.GetBytes(request.Value!), Aborted), headers.OnLapse);
    }

    /// <summary>Remove a value</summary>
    /// <param name="key">The key; it may contain slashes.</param>
    /// <param name="headers">If-Match, If-None-Match, Idempotency-Key, Goterra-Fence.</param>
    /// <response code="200">The value is removed.</response>
    /// <response code="404">The key does not exist.</response>
    [HttpDelete]
    [ProducesResponseType<MessageResponse>(200)]
    [ProducesProblem(400, 401, 403, 404, 409, 410, 412, 422, 503, 507)]
    public async Task<ActionResult<MessageResponse>> Remove(
        [FromRoute] ValueKey key,
        [FromRequest] WriteHeaders headers)
    {
        var outcome = await values.RemoveAsync(Caller, headers.ToWrite(Caller, key), Aborted);
        return outcome.Kind == OutcomeKind.Done ? new MessageResponse("deleted") : OutcomeProblems.For(outcome);
    }

    private ActionResult<WrittenResponse> Written(Outcome outcome, LapseHeaders? onLapse)
    {
        if (outcome.Kind != OutcomeKind.Done)
            return OutcomeProblems.For(outcome);

        Response.Headers.ETag = EntityTags.Quote(outcome.Tag!.Value);
        return new WrittenResponse(
            "done", outcome.Revision == 0 ? null : outcome.Revision, outcome.Expires?.UtcDateTime,
            onLapse is null ? null : LapseHeaders.Action);
    }
}
