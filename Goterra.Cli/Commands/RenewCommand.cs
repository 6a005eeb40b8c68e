using System.CommandLine;
using Goterra.Cli.Credentials;
using Goterra.Cli.Http;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Commands;

/// <summary>`renew`: replaces the current token by a new one.</summary>
internal sealed class RenewCommand : ClientCommand
{
    private readonly Option<bool> _byApiKey = new("--apikey")
    {
        Description = "Authenticate with GOT_APIKEY instead of the token, for example when that has expired; "
            + "the new token has full access",
    };

    public RenewCommand(CommandContext context)
        : base(
            "renew",
            "Get a new token with the same access; replaces the one in GOT_TOKEN_FILE if that is used, "
            + "otherwise prints it",
            context) => Add(_byApiKey);

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var session = Sessions.ForDeployment(parsed, byApiKey: parsed.GetValue(_byApiKey));
        session.TokenStorage?.EnsureWritable();
        var request = new StoreRequest(HttpMethod.Post, session.ActionUrl("token"));
        var response = await session.SendAsync(Name, request, cancellationToken);
        var token = CreatedToken.TryRead(response.Body) ?? throw ExitCodes.NotGoterra(Name);
        var delivery = new TokenDelivery(Environment, StatusWriter);
        await delivery.DeliverAsync(Name, token, session.TokenStorage, cancellationToken);
        return (int)ExitCode.Done;
    }
}
