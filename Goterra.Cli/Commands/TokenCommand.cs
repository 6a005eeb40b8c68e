using System.CommandLine;
using Goterra.Cli.Arguments;
using Goterra.Cli.Http;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Commands;

/// <summary>`token`: prints another token, which may have less access or a shorter lifetime.</summary>
internal sealed class TokenCommand : ClientCommand
{
    private readonly Option<string?> _ttl = new("--ttl")
    {
        Description = "Lifetime, with a unit: 30m, 24h; renewals do not extend it",
        HelpName = "TIME",
    };

    private readonly ScopeOptions _scope = new();

    public TokenCommand(CommandContext context)
        : base(
            "token", "Print another token of the deployment, restricted by --read and --write, or --observe", context)
    {
        Add(_ttl);
        _scope.AddTo(this);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var body = new TokenBody(
            ArgumentParser.Lifetime(parsed, _ttl), _scope.Read(parsed), _scope.Write(parsed), _scope.Fail(parsed),
            _scope.Observe(parsed));
        using var session = Sessions.ForDeployment(parsed);
        var request = StoreRequest.Post(session.ActionUrl(Name), body, ProtocolJson.Default.TokenBody);
        var response = await session.SendAsync(Name, request, cancellationToken);
        var issued = CreatedToken.TryRead(response.Body) ?? throw ExitCodes.NotGoterra(Name);
        var now = response.Date ?? Environment.Time.GetUtcNow();
        LifetimeNotice.Write(StatusWriter, Name, body.Ttl, issued.Expires, now);
        Output.WriteText(issued.Token + "\n");
        return (int)ExitCode.Done;
    }
}
