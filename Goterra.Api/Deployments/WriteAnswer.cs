using Goterra.Api.Http;
using Goterra.Api.Problems;
using Goterra.Core;
using Microsoft.AspNetCore.Mvc;

namespace Goterra.Api.Deployments;

/// <summary>The answer to a stored value, whichever way it came in.</summary>
internal static class WriteAnswer
{
    public static ActionResult<WrittenResponse> For(ControllerBase controller, Outcome outcome)
    {
        if (outcome.Kind != OutcomeKind.Done)
            return OutcomeProblems.For(outcome);

        controller.Response.Headers.ETag = EntityTags.Format(outcome.Tag!.Value);
        return new WrittenResponse("done", outcome.Revision, outcome.Expires?.UtcDateTime);
    }
}
