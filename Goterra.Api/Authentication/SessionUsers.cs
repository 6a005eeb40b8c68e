using Goterra.Api.Errors;
using Goterra.Core.Access;
using Goterra.Core.Model;

namespace Goterra.Api.Authentication;

/// <summary>
/// Finds the user of a session token of the platform, which the auth service has issued. Unknown tokens are throttled
/// on their own: an old token that a machine retries does not lock out API keys.
/// </summary>
internal sealed class SessionUsers(IUserDirectory directory, Limits limits) : IDisposable
{
    private readonly AcceptedCredentials _accepted = new();
    private readonly FailedAttempts _failed = new(limits);

    public static ProblemBody Unknown { get; } = ProblemBody.Of(
        401, "Unknown or expired session token. Send one of the platform, or the header 'X-API-Key: <key>'.");

    /// <summary>Session tokens are for reading only.</summary>
    public static bool Allows(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method);

    /// <summary>
    /// Whether a token that is not of this server may be a session token. One of three parts is a JWT: it is of this
    /// server or invalid, and never sent to another service.
    /// </summary>
    public bool MayKnow(string token) => directory.KnowsSessions && token.Count(character => character == '.') != 2;

    /// <returns>The user, or the problem to respond with; neither for an unknown token.</returns>
    public async Task<(User? User, ProblemBody? Problem)> FindAsync(
        HttpContext context, string token, CancellationToken cancellationToken)
    {
        var hash = AcceptedCredentials.HashOf(token);
        var isAttempt = !_accepted.Contains(hash);
        using var attempt = isAttempt ? _failed.Begin(context, hash) : null;
        if (isAttempt && attempt is null)
            return (null, _failed.Problem);

        var user = await directory.FindBySessionTokenAsync(token, cancellationToken);
        if (user is null)
            _failed.Count(context);
        else
            _accepted.Add(hash);
        return (user, null);
    }

    public void Dispose()
    {
        _accepted.Dispose();
        _failed.Dispose();
    }
}
