using Goterra.Core.Model;
using Microsoft.AspNetCore.Mvc;

namespace Goterra.Api.Errors;

/// <summary>Combines the errors of model binding and validation in one problem.</summary>
internal static class InvalidInput
{
    public static IActionResult ToProblem(ActionContext context)
    {
        if (context.HttpContext.Features.Get<BodyTooLong>() is { } tooLong)
            return new ProblemResult(OutcomeProblems.OverLimit(StatusCodes.Status413PayloadTooLarge, tooLong.Limit));

        return new ProblemResult(ProblemBody.BadInput(context.ModelState
            .Where(entry => entry.Value is { Errors.Count: > 0 })
            .ToDictionary(
                entry => entry.Key.Length == 0 ? "body" : entry.Key,
                entry => entry.Value!.Errors.Select(error => error.ErrorMessage).ToArray())));
    }
}

/// <summary>A feature of a request whose JSON body exceeds the limit of its type.</summary>
internal sealed record BodyTooLong(LimitHit Limit);
