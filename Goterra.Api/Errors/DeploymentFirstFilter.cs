using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Services;
using Microsoft.AspNetCore.Mvc.Filters;

namespace Goterra.Api.Errors;

/// <summary>
/// The order of checks is credential, deployment, scope, input. Invalid input is detected first, without the store.
/// Before it is reported, this filter checks that the deployment exists and the credential is not revoked.
/// </summary>
internal sealed class DeploymentFirstFilter(DeploymentService deployments) : IAsyncAlwaysRunResultFilter
{
    public async Task OnResultExecutionAsync(ResultExecutingContext context, ResultExecutionDelegate next)
    {
        if (context.Result is ProblemResult { Problem.Status: 400 or 403 or 413 or 415 }
            && context.HttpContext.Features.Get<Caller>() is { } caller
            && await deployments.CheckAsync(caller, context.HttpContext.RequestAborted) is var outcome
            && outcome.Kind != OutcomeKind.Done)
            context.Result = OutcomeProblems.For(outcome);

        await next();
    }
}
