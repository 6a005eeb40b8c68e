using System.CommandLine;
using System.Net;
using Goterra.Cli.Credentials;
using Goterra.Cli.Http;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Commands;

/// <summary>`revoke`: revokes all tokens and tickets of the deployment. The caller gets a new token.</summary>
internal sealed class RevokeCommand(CommandContext context) : ClientCommand(
    "revoke",
    "Revoke all tokens and tickets of the deployment; prints a new token, "
    + "or replaces the one in GOT_TOKEN_FILE if that is used",
    context)
{
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var session = Sessions.ForDeployment(parsed);
        session.TokenStorage?.EnsureWritable();
        var request = new StoreRequest(HttpMethod.Post, session.ActionUrl(Name));

        var (response, repeatedAfterLoss) = await session.Client.SendAsync(Name, request, cancellationToken);
        if (repeatedAfterLoss && response.Status == HttpStatusCode.Unauthorized)
        {
            throw new CliException(
                ExitCode.NotAuthorized,
                $"{Name}: probably done, but the response with the new token was lost; "
                + "get another one with an API key (goterra-cli renew --apikey)");
        }

        if (!response.IsSuccess)
            throw session.Failure(Name, response);
        var token = CreatedToken.TryRead(response.Body) ?? throw ExitCodes.NotGoterra(Name);
        var delivery = new TokenDelivery(Environment, StatusWriter);
        await delivery.DeliverAsync(Name, token, session.TokenStorage, cancellationToken);
        return (int)ExitCode.Done;
    }
}
