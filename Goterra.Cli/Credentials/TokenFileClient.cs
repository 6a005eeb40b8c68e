using System.Net;
using Goterra.Cli.Http;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Credentials;

/// <summary>
/// Sends requests with the token in a file. A command may outlive its token: when the server rejects it, the client
/// reads the file again, which may contain a renewed one.
/// </summary>
internal sealed class TokenFileClient(TokenFile file, Credential initial, StoreClient client) : IStoreClient
{
    private readonly Credential _initial = initial;
    private volatile Credential _current = initial;

    public async Task<SendResult> SendAsync(
        StoreRequest request, SendTimeouts timeouts, CancellationToken cancellationToken)
    {
        var used = _current;
        var result = await client.SendAsync(request, used, timeouts, cancellationToken);
        if (result is not StoreResponse { Status: HttpStatusCode.Unauthorized } || ReadRenewed(used) is not { } renewed)
            return result;
        _current = renewed;
        return await client.SendAsync(request, renewed, timeouts, cancellationToken);
    }

    public UnverifiedClaims? Claims => _current.Claims();

    public string Redact(string text) => _initial.Redact(_current.Redact(text));

    public void Dispose() => client.Dispose();

    private Credential? ReadRenewed(Credential used)
    {
        try
        {
            return file.Credential() is var read && !read.IsSameAs(used) ? read : null;
        }
        catch (CliException)
        {
            return null;
        }
    }
}
