using Goterra.Api.Problems;
using Goterra.Core.Access;

namespace Goterra.Api.Access;

/// <summary>Finds the user behind the API key of a request.</summary>
internal sealed class ApiKeyUsers(IUserDirectory directory)
{
    /// <returns>The user, anonymous where that is allowed and no key was needed; or the problem to answer with.</returns>
    public async Task<(User? User, ProblemBody? Problem)> WhoIsAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var user = await directory.WhoIsAsync(context.Request.Headers["X-API-Key"], cancellationToken);
        return (user, user is null
            ? ProblemBody.Of(403, "Nobody may create deployments here yet. Allow it to everybody who reaches this server with "
                + "'features.anonymous: true' in its configuration, or GOT_FEAT_ANONYMOUS=1 in its environment.")
            : null);
    }
}
