using Goterra.Core.Services;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Infrastructure;

namespace Goterra.Api.Deployments;

/// <summary>Responds with a deployment, as a <see cref="DeploymentResponse"/>.</summary>
internal sealed class DeploymentResult(DeploymentContents contents, bool base64) : ActionResult
{
    public DeploymentContents Contents { get; } = contents;

    /// <summary>Values are encoded in base64.</summary>
    public bool Base64 { get; } = base64;

    public override Task ExecuteResultAsync(ActionContext context) =>
        context.HttpContext.RequestServices.GetRequiredService<IActionResultExecutor<DeploymentResult>>()
            .ExecuteAsync(context, this);
}
