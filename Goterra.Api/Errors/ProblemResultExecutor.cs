using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Services;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Infrastructure;

namespace Goterra.Api.Errors;

/// <summary>
/// Executes the problems that actions and filters return. The order of checks is credential, deployment, scope, input.
/// Invalid input is detected first, without the store. Before it is reported, the executor checks that the deployment
/// exists and the credential is not revoked.
/// </summary>
internal sealed class ProblemResultExecutor(DeploymentService deployments) : IActionResultExecutor<ProblemResult>
{
    public async Task ExecuteAsync(ActionContext context, ProblemResult result)
    {
        var http = context.HttpContext;
        if (result.Problem.Status is 400 or 403 or 413 or 415
            && http.Features.Get<Caller>() is { } caller
            && await deployments.CheckAsync(caller, http.RequestAborted) is var outcome
            && outcome.Kind != OutcomeKind.Done)
            result = OutcomeProblems.For(outcome);

        if (result.ETag is not null)
            http.Response.Headers.ETag = result.ETag;
        await ProblemResult.WriteAsync(http, result.Problem);
    }
}
