using System.Text.Json.Serialization;
using Goterra.Api.Problems;
using Goterra.Core.Deployments;
using Microsoft.AspNetCore.Mvc;

namespace Goterra.Api.Health;

/// <summary>Whether the server is fit to work.</summary>
[ApiController]
[Route("/health")]
[Tags("Operations")]
public sealed class HealthController(IDeploymentRepository repository) : ControllerBase
{
    /// <summary>Is the process alive?</summary>
    /// <remarks>Depends on nothing: restart the process when this fails, and only then.</remarks>
    /// <response code="200">It is.</response>
    [HttpGet("live"), HttpHead("live")]
    [ProducesResponseType<HealthResponse>(200)]
    public ActionResult<HealthResponse> Live() => new HealthResponse("ok");

    /// <summary>Can requests be sent here?</summary>
    /// <param name="cancellationToken">The request was given up.</param>
    /// <remarks>
    /// 200 also with <c>"status": "degraded"</c>: the store answers reads and refuses writes for now, such as on a full disk. Reads and waits still belong here.
    /// </remarks>
    /// <response code="200">Yes: the store answers.</response>
    /// <response code="503">Not now: the store can't be reached.</response>
    [HttpGet("ready"), HttpHead("ready")]
    [ProducesResponseType<HealthResponse>(200)]
    [ProducesProblem(503)]
    public async Task<ActionResult<HealthResponse>> Ready(CancellationToken cancellationToken)
    {
        var health = await repository.CheckHealthAsync(cancellationToken);
        return health.IsDegraded ? new HealthResponse("degraded", health.Problem) : new HealthResponse("ok");
    }
}

/// <summary>The server is fit to work.</summary>
/// <param name="Status"><c>ok</c>, or <c>degraded</c>: writes are refused for now.</param>
/// <param name="Problem">With <c>degraded</c>: why.</param>
public sealed record HealthResponse(string Status, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Problem = null);
