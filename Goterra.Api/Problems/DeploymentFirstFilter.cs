using Goterra.Core;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Microsoft.AspNetCore.Mvc.Filters;

namespace Goterra.Api.Problems;

/// <summary>
/// The order of checks is credential, deployment, scope, input. What is wrong with the input is found first, without asking the store; before it is told,
/// this asks whether the deployment lives and the credential still counts.
/// </summary>
internal sealed class DeploymentFirstFilter(DeploymentService deployments) : IAsyncAlwaysRunResultFilter
{
    public async Task OnResultExecutionAsync(ResultExecutingContext context, ResultExecutionDelegate next)
    {
        if (context.Result is ProblemResult { Problem.Status: 400 or 403 or 413 or 415 }
            && context.HttpContext.Features.Get<Caller>() is { } caller
            && await deployments.CheckAsync(caller, context.HttpContext.RequestAborted) is { Kind: not OutcomeKind.Done } outcome)
            context.Result = OutcomeProblems.For(outcome);

        await next();
    }
}
