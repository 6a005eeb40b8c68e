using System.Net;
using System.Text.Json;
using Goterra.Cli.Connection;
using Goterra.Cli.Output;

namespace Goterra.Cli.Tickets;

/// <summary>
/// The client of a machine that was given a ticket. Before its first request it uses the token that it has kept, or trades the ticket for one; and once more
/// where the server says that the token is over.
/// </summary>
internal sealed class TicketClient(Ticket ticket, StateFolder state, StoreAddress address, StoreClient client, Talk talk) : IStoreClient, ITokenPlace
{
    private const string Source = "the token of GOT_TICKET";

    private static readonly NoReply NothingWrong = new(TimeSpan.Zero, "", MayHaveArrived: false, CutShort: false);

    private readonly SemaphoreSlim _redeeming = new(1);
    private string? _token;

    public string Name => state.PathOf(ticket);

    public async Task<Exchange> SendAsync(StoreRequest request, TimeSpan patience, TimeSpan limit, CancellationToken cancellationToken)
    {
        var (token, problem) = await TokenAsync(refused: null, patience, limit, cancellationToken);
        if (token is null)
            return problem;
        var exchange = await client.SendAsync(request, Credential.Token(token, Source), patience, limit, cancellationToken);
        if (exchange is not Reply { Status: HttpStatusCode.Unauthorized })
            return exchange;

        (token, problem) = await TokenAsync(refused: token, patience, limit, cancellationToken);
        return token is null ? problem : await client.SendAsync(request, Credential.Token(token, Source), patience, limit, cancellationToken);
    }

    public string Redact(string text)
    {
        foreach (var secret in new[] { ticket.Text, state.Machine, _token })
            text = string.IsNullOrEmpty(secret) ? text : text.Replace(secret, "***", StringComparison.Ordinal);
        return text;
    }

    public void Check()
    {
        // It was written to when it was opened.
    }

    public Task ReplaceAsync(IssuedToken token, CancellationToken cancellationToken) => state.WriteAsync(ticket, token, cancellationToken);

    public void Dispose()
    {
        client.Dispose();
        _redeeming.Dispose();
    }

    /// <param name="refused">The token that the server has just refused.</param>
    /// <param name="patience">How long the server may take.</param>
    /// <param name="limit">How long it all may take.</param>
    /// <param name="cancellationToken">Ends it.</param>
    private async Task<(string? Token, Exchange Problem)> TokenAsync(string? refused, TimeSpan patience, TimeSpan limit, CancellationToken cancellationToken)
    {
        await _redeeming.WaitAsync(cancellationToken);
        try
        {
            if (_token is null || _token == refused)
            {
                // Another process may have been faster.
                var kept = state.Read(ticket)?.Token;
                _token = kept == refused ? null : kept;
            }

            var problem = _token is null ? await RedeemAsync(refused is not null, patience, limit, cancellationToken) : NothingWrong;
            return (_token, problem);
        }
        finally
        {
            _redeeming.Release();
        }
    }

    private async Task<Exchange> RedeemAsync(bool again, TimeSpan patience, TimeSpan limit, CancellationToken cancellationToken)
    {
        const string Doing = "redeem the ticket";
        var request = new StoreRequest(HttpMethod.Post, address.Action(ticket.Deployment, "redeem"))
        {
            Body = JsonSerializer.SerializeToUtf8Bytes(new Redemption(ticket.Text, state.Machine), WireJson.Default.Redemption),
            BodyType = "application/json",
        };
        switch (await client.SendAsync(request, credential: null, patience, limit, cancellationToken))
        {
            case Reply { IsSuccess: true } reply:
                var issued = IssuedToken.Read(reply.Body) ?? throw Verdict.NotOurs(Doing);
                await KeepAsync(issued, cancellationToken);
                _token = issued.Token;
                return reply;
            case Reply { Status: HttpStatusCode.Gone } when again:
                throw new CliException(ExitCode.NotAuthorized, "this machine's token has expired or was revoked, and its ticket (GOT_TICKET) is no longer good for another: it needs a new ticket (goterra-cli ticket create)");
            case Reply { Status: HttpStatusCode.Gone }:
                throw new CliException(ExitCode.NotAuthorized, "this ticket (GOT_TICKET) is used by another machine or another user of this one, expired or revoked, or its deployment is gone: status of the deployment tells which (goterra-cli status); a new one is made by goterra-cli ticket create");
            case Reply { IsRefusal: true } refusal:
                return refusal;
            case Reply { IsTrouble: false } answer:
                throw Final(Doing, answer);
            case Reply trouble:
                // What was asked for has not been sent yet, whatever became of this.
                return new NoReply(trouble.Elapsed, trouble.Explanation, MayHaveArrived: false, CutShort: false);
            case NoReply none:
                return none with { MayHaveArrived = false };
            default:
                throw Verdict.NotOurs(Doing);
        }
    }

    private CliException Final(string doing, Reply reply)
    {
        var failure = Verdict.Failure(doing, reply);
        return new CliException(failure.ExitCode, Redact(failure.Message));
    }

    // The token works, kept or not.
    private async Task KeepAsync(IssuedToken issued, CancellationToken cancellationToken)
    {
        try
        {
            await ReplaceAsync(issued, cancellationToken);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            talk.Say($"{Name} could not be written, so the ticket is used again at the next start: {problem.Message}");
        }
    }
}
