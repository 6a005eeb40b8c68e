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
public sealed class DeploymentsController(DeploymentService deployments, ValueService values) : ControllerBase
{
    /// <summary>Show a deployment: its keys and values</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="filter">Only keys that begin with this.</param>
    /// <param name="withValues">With <c>false</c>, the values are left out, and none is loaded.</param>
    /// <param name="cancellationToken">The request was given up.</param>
    /// <response code="200">The deployment.</response>
    /// <response code="413">The values are too many bytes for one listing: use <c>filter</c> or <c>values=false</c>.</response>
    [HttpGet, HttpHead]
    [ProducesResponseType<DeploymentResponse>(200)]
    [ProducesProblem(400, 401, 403, 410, 413, 503)]
    public async Task<ActionResult<DeploymentResponse>> Show(
        [FromRequest] Caller caller, [FromQuery] KeyPrefix filter, [FromQuery(Name = "values")] bool? withValues, CancellationToken cancellationToken)
    {
        var (outcome, contents) = await deployments.ListAsync(caller, filter, withValues ?? true, cancellationToken);
        return contents is null ? OutcomeProblems.For(outcome) : DeploymentResponse.From(contents);
    }

    /// <summary>Store a value, key and value in a JSON body</summary>
    /// <remarks>The members' names may be written in any case, and any Content-Type will do: clients of the original system send <c>{"Key": ..., "Value": ...}</c>.</remarks>
    /// <param name="caller">Who asks.</param>
    /// <param name="request">Key and value.</param>
    /// <param name="condition">If-Match, If-None-Match.</param>
    /// <param name="idempotencyKey">With a condition: the same write under the same key gets the first answer again, for 24 h.</param>
    /// <param name="cancellationToken">The request was given up.</param>
    /// <response code="200">The value is stored, and whoever waited for it has it. The ETag names this state of it.</response>
    [HttpPut]
    [Tags("Values")]
    [ProducesResponseType<WrittenResponse>(200)]
    [ProducesProblem(400, 401, 403, 410, 412, 413, 503)]
    public async Task<ActionResult<WrittenResponse>> Put(
        [FromRequest] Caller caller,
        [FromBody] PutValueRequest request,
        [FromRequest] WriteCondition condition,
        [FromHeader(Name = "Idempotency-Key")] string? idempotencyKey,
        CancellationToken cancellationToken)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(request.Value!);
        return WriteAnswer.For(this, await values.PutAsync(caller, ValueKey.Parse(request.Key!), bytes, condition, idempotencyKey, cancellationToken));
    }

    /// <summary>Delete the deployment</summary>
    /// <remarks>Its data is gone, its tokens are worthless, every wait on it ends with 410.</remarks>
    /// <param name="caller">Who asks.</param>
    /// <param name="cancellationToken">The request was given up.</param>
    /// <response code="200">It is deleted.</response>
    [HttpDelete]
    [ProducesResponseType<MessageResponse>(200)]
    [ProducesProblem(400, 401, 403, 410, 503)]
    public async Task<ActionResult<MessageResponse>> Delete([FromRequest] Caller caller, CancellationToken cancellationToken)
    {
        var outcome = await deployments.DeleteAsync(caller, cancellationToken);
        return outcome.Kind == OutcomeKind.Done ? new MessageResponse("deleted") : OutcomeProblems.For(outcome);
    }
}
