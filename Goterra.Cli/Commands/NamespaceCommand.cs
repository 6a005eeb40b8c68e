using System.CommandLine;
using Goterra.Cli.Arguments;
using Goterra.Cli.Http;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Commands;

/// <summary>`namespace`: manages tokens for all deployments of a namespace.</summary>
internal sealed class NamespaceCommand : Command
{
    public NamespaceCommand(CommandContext context)
        : base("namespace", "Tokens for all deployments of a namespace that you own; needs GOT_APIKEY")
    {
        Add(
            new TokenSubcommand(
                "token", "Print a token for all present and future deployments of the namespace", context));
        Add(
            new TokenSubcommand(
                "revoke",
                "Revoke all tokens of the namespace, but not those of its deployments; prints a new one",
                context));
    }

    private sealed class TokenSubcommand : ClientCommand
    {
        private readonly Argument<string> _namespace = new("NAMESPACE") { Description = "The namespace" };

        public TokenSubcommand(string name, string description, CommandContext context)
            : base(name, description, context) => Add(_namespace);

        protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
        {
            var operation = $"namespace {Name}";
            var path = $"namespaces/{ArgumentParser.Namespace(parsed.GetRequiredValue(_namespace))}/{Name}";
            using var session = Sessions.ForServer(parsed, requiresApiKey: true);
            var request = new StoreRequest(HttpMethod.Post, session.Address.Common(path));
            var response = await session.SendAsync(operation, request, cancellationToken);
            var issued = CreatedToken.TryRead(response.Body) ?? throw ExitCodes.NotGoterra(operation);
            Output.WriteText(issued.Token + "\n");
            return (int)ExitCode.Done;
        }
    }
}
