using Goterra.Core.Access;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;

namespace Goterra.Api.Authentication;

/// <summary>A controller for the routes of a deployment.</summary>
/// <remarks>Properties, because the framework takes about 1 us per request to bind a parameter.</remarks>
[ApiController]
[DeploymentScoped]
public abstract class DeploymentControllerBase : ControllerBase
{
    /// <summary>The caller.</summary>
    protected Caller Caller => HttpContext.Features.GetRequiredFeature<Caller>();

    /// <summary>Canceled if the client disconnects.</summary>
    protected CancellationToken Aborted => HttpContext.RequestAborted;
}
