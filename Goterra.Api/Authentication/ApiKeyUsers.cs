using Goterra.Api.Errors;
using Goterra.Core.Access;
using Goterra.Core.Model;

namespace Goterra.Api.Authentication;

/// <summary>Finds the user of the API key of a request, and throttles clients that guess keys.</summary>
internal sealed class ApiKeyUsers(IUserDirectory directory, FailedAttempts failed) : IDisposable
{
    private readonly AcceptedCredentials _accepted = new();

    public static ProblemBody KeyRequired { get; } =
        ProblemBody.Of(401, "An API key is required: send the header 'X-API-Key: <key>'.");

    /// <returns>The user, anonymous if that is allowed and no key is required; or the problem to respond
    /// with.</returns>
    public async Task<(User? User, ProblemBody? Problem)> FindAsync(
        HttpContext context, CancellationToken cancellationToken)
    {
        var key = context.Request.Headers["X-API-Key"].ToString();
        if (directory.FindConfigured(key) is { } configured)
            return (configured, null);

        var hash = AcceptedCredentials.HashOf(key);

        // If there is no source of users, keys are ignored: sending one is not an attempt.
        var isAttempt = directory.KnowsKeys && key.Length > 0 && !_accepted.Contains(hash);
        using var attempt = isAttempt ? failed.Begin(context, hash) : null;
        if (isAttempt && attempt is null)
            return (null, failed.Problem);

        var user = await directory.FindByApiKeyAsync(key, cancellationToken);
        if (user is not null)
        {
            if (user.Identity != Owner.Anonymous)
                _accepted.Add(hash);
            return (user, null);
        }

        if (!directory.KnowsKeys)
        {
            return (null, ProblemBody.Of(
                403,
                "Creating deployments is not enabled on this server. Its operator can list users under 'users' in "
                + "the configuration, set an auth service (GOT_PROXY_AUTH), or allow it without an API key: "
                + "'features.anonymous: true', GOT_FEAT_ANONYMOUS=1."));
        }

        if (string.IsNullOrWhiteSpace(key))
            return (null, KeyRequired);

        failed.Count(context);
        return (null, ProblemBody.Of(403, "Unknown or revoked API key."));
    }

    public void Dispose() => _accepted.Dispose();
}
