using Microsoft.AspNetCore.Mvc;

namespace Goterra.Api.Problems;

/// <summary>Turns what model binding and validation found into one problem.</summary>
internal static class InvalidInput
{
    public static IActionResult Answer(ActionContext context) => new ProblemResult(ProblemBody.BadInput(context.ModelState
        .Where(entry => entry.Value is { Errors.Count: > 0 })
        .ToDictionary(
            entry => entry.Key.Length == 0 ? "body" : entry.Key,
            entry => entry.Value!.Errors.Select(error => error.ErrorMessage).ToArray())));
}
