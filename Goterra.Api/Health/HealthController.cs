using System.Text.Json.Serialization;
using Goterra.Api.Errors;
using Goterra.Core.Services;
using Microsoft.AspNetCore.Mvc;

namespace Goterra.Api.Health;

/// <summary>The health of the server.</summary>
[ApiController]
[Route("/health")]
[Tags("Operations")]
public sealed class HealthController(DeploymentService deployments) : ControllerBase
{
    /// <summary>Is the process alive?</summary>
    /// <remarks>Has no dependencies: if it fails, and only then, restart the process.</remarks>
    /// <response code="200">The process is alive.</response>
    [HttpGet("live"), HttpHead("live")]
    [ProducesResponseType<HealthResponse>(200)]
    public ActionResult<HealthResponse> Live() => new HealthResponse("ok");

    /// <summary>Can requests be sent here?</summary>
    /// <param name="cancellationToken">Canceled if the client disconnects.</param>
    /// <remarks>
    /// Returns 200 with <c>"status": "degraded"</c> too: the store accepts reads and refuses writes, for example
    /// because the disk is full. Reads and waits still work.
    /// </remarks>
    /// <response code="200">The store is available.</response>
    /// <response code="503">The store is unavailable.</response>
    [HttpGet("ready"), HttpHead("ready")]
    [ProducesResponseType<HealthResponse>(200)]
    [ProducesProblem(503)]
    public async Task<ActionResult<HealthResponse>> Ready(CancellationToken cancellationToken)
    {
        var health = await deployments.CheckHealthAsync(cancellationToken);
        return health.IsDegraded ? new HealthResponse("degraded", health.Problem) : new HealthResponse("ok");
    }
}

/// <summary>The health of the server.</summary>
/// <param name="Status"><c>ok</c>, or <c>degraded</c>: writes are refused.</param>
/// <param name="Problem">With <c>degraded</c>: why.</param>
public sealed record HealthResponse(
    string Status, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Problem = null);
