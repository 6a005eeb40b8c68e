using Microsoft.AspNetCore.Mvc;

namespace Goterra.Api.Errors;

/// <summary>Combines the errors of model binding and validation in one problem.</summary>
internal static class InvalidInput
{
    public static IActionResult ToProblem(ActionContext context)
    {
        if (context.HttpContext.Features.Get<BodyProblem>() is { } body)
            return new ProblemResult(body.Problem);

        return new ProblemResult(ProblemBody.BadInput(context.ModelState
            .Where(entry => entry.Value is { Errors.Count: > 0 })
            .ToDictionary(
                entry => entry.Key.Length == 0 ? "body" : entry.Key,
                entry => entry.Value!.Errors.Select(error => error.ErrorMessage).ToArray())));
    }
}

/// <summary>A feature of a request whose JSON body is too long, or has no memory.</summary>
internal sealed record BodyProblem(ProblemBody Problem);
