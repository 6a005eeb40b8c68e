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
    /// <response code="200">Yes: the store answers.</response>
    /// <response code="503">Not now: the store can't be reached.</response>
    [HttpGet("ready"), HttpHead("ready")]
    [ProducesResponseType<HealthResponse>(200)]
    [ProducesProblem(503)]
    public async Task<ActionResult<HealthResponse>> Ready(CancellationToken cancellationToken)
    {
        await repository.PingAsync(cancellationToken);
        return new HealthResponse("ok");
    }
}

/// <summary>The server is fit to work.</summary>
/// <param name="Status">Always <c>ok</c>.</param>
public sealed record HealthResponse(string Status);
