using System.Net;

namespace Goterra.Cli.Connection;

/// <summary>The client of a machine whose token is in a file. Commands may outlive a token: where the server refuses it, the file is read again, as somebody may have renewed it.</summary>
internal sealed class TokenFileClient(TokenFile file, Credential first, StoreClient client) : IStoreClient
{
    private readonly Credential _first = first;
    private volatile Credential _credential = first;

    public async Task<Exchange> SendAsync(StoreRequest request, TimeSpan patience, TimeSpan limit, CancellationToken cancellationToken)
    {
        var used = _credential;
        var exchange = await client.SendAsync(request, used, patience, limit, cancellationToken);
        if (exchange is not Reply { Status: HttpStatusCode.Unauthorized } || Renewed(used) is not { } renewed)
            return exchange;

        _credential = renewed;
        return await client.SendAsync(request, renewed, patience, limit, cancellationToken);
    }

    public string Redact(string text) => _first.Redact(_credential.Redact(text));

    public void Dispose() => client.Dispose();

    /// <summary>Null where the file has the same still, or none.</summary>
    private Credential? Renewed(Credential used)
    {
        try
        {
            return file.Credential() is var there && !there.IsSameAs(used) ? there : null;
        }
        catch (CliException)
        {
            return null;
        }
    }
}
