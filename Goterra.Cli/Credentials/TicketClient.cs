using System.Net;
using Goterra.Cli.Http;
using Goterra.Cli.Output;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Credentials;

/// <summary>
/// Sends requests with the token of a ticket. Before the first request it uses the stored token, or redeems the ticket;
/// again when the server rejects the token.
/// </summary>
internal sealed class TicketClient(
    DeploymentTicket ticket, StateDirectory state, StoreAddress address, StoreClient client, StatusWriter statusWriter)
    : IStoreClient, ITokenStorage
{
    private const string Source = "the token of GOT_TICKET";

    private readonly SemaphoreSlim _lock = new(1);
    private string? _token;

    public string Path => state.PathOf(ticket);

    public async Task<SendResult> SendAsync(
        StoreRequest request, SendTimeouts timeouts, CancellationToken cancellationToken)
    {
        var (token, problem) = await GetTokenAsync(rejected: null, timeouts, cancellationToken);
        if (token is null)
            return problem;
        var result = await client.SendAsync(request, Credential.Token(token, Source), timeouts, cancellationToken);
        if (result is not StoreResponse { Status: HttpStatusCode.Unauthorized })
            return result;

        (token, problem) = await GetTokenAsync(rejected: token, timeouts, cancellationToken);
        return token is null
            ? problem
            : await client.SendAsync(request, Credential.Token(token, Source), timeouts, cancellationToken);
    }

    public UnverifiedClaims? Claims => _token is null ? null : UnverifiedClaims.TryRead(_token);

    public string Redact(string text)
    {
        foreach (var secret in new[] { ticket.Text, state.MachineId, _token })
            text = string.IsNullOrEmpty(secret) ? text : text.Replace(secret, "***", StringComparison.Ordinal);
        return text;
    }

    public void EnsureWritable()
    {
        // Opening the state directory has written to it.
    }

    public Task ReplaceAsync(CreatedToken token, CancellationToken cancellationToken) =>
        state.WriteAsync(ticket, token, cancellationToken);

    public void Dispose()
    {
        client.Dispose();
        _lock.Dispose();
    }

    private async Task<(string? Token, SendResult Problem)> GetTokenAsync(
        string? rejected, SendTimeouts timeouts, CancellationToken cancellationToken)
    {
        await _lock.WaitAsync(cancellationToken);
        try
        {
            if (_token is null || _token == rejected)
            {
                // Another process may have stored a new one.
                var stored = state.Read(ticket)?.Token;
                _token = stored == rejected ? null : stored;
            }

            SendResult problem = new SendFailure(TimeSpan.Zero, "");
            if (_token is null)
                problem = await RedeemAsync(isRepeated: rejected is not null, timeouts, cancellationToken);
            return (_token, problem);
        }
        finally
        {
            _lock.Release();
        }
    }

    private async Task<SendResult> RedeemAsync(
        bool isRepeated, SendTimeouts timeouts, CancellationToken cancellationToken)
    {
        const string Operation = "redeem the ticket";
        var body = new RedeemBody(ticket.Text, state.MachineId);
        var request = StoreRequest.Post(
            address.Action(ticket.Deployment, "redeem"), body, ProtocolJson.Default.RedeemBody);
        switch (await client.SendAsync(request, credential: null, timeouts, cancellationToken))
        {
            case StoreResponse { IsForeign: true } response:
                throw ExitCodes.NotGoterra(Operation, response);
            case StoreResponse { IsSuccess: true } response:
                var issued = CreatedToken.TryRead(response.Body) ?? throw ExitCodes.NotGoterra(Operation);
                await StoreAsync(issued, cancellationToken);
                _token = issued.Token;
                return response;
            case StoreResponse { Status: HttpStatusCode.Gone }:
                throw new CliException(ExitCode.NotAuthorized, isRepeated
                    ? "the token has expired or was revoked, and the ticket (GOT_TICKET) can no longer be redeemed: "
                      + "this machine needs a new ticket (goterra-cli ticket create)"
                    : "the ticket (GOT_TICKET) was used by another machine or user, has expired or was revoked, "
                        + "or its deployment is gone: "
                      + "check with goterra-cli status, create a new ticket with goterra-cli ticket create");
            case StoreResponse { IsRejected: true } rejection:
                return rejection;
            case StoreResponse { IsTransient: false } response:
                var failure = ExitCodes.Failure(Operation, response);
                throw new CliException(failure.ExitCode, Redact(failure.Message));
            case StoreResponse response:
                // The actual request has not been sent yet.
                return new SendFailure(response.Elapsed, response.Explanation);
            case SendFailure sendFailure:
                return sendFailure with { MayHaveBeenApplied = false };
            default:
                throw ExitCodes.NotGoterra(Operation);
        }
    }

    // The token is valid even if it cannot be stored.
    private async Task StoreAsync(CreatedToken issued, CancellationToken cancellationToken)
    {
        try
        {
            await ReplaceAsync(issued, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            statusWriter.WriteLine(
                $"{Path} could not be written, so the next start redeems the ticket again: {exception.Message}");
        }
    }
}
