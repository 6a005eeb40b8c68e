using System.CommandLine;
using System.Net;
using Goterra.Cli.Arguments;
using Goterra.Cli.Http;
using Goterra.Cli.Runtime;
using Goterra.Cli.Sessions;

namespace Goterra.Cli.Commands;

/// <summary>`rm KEY`: removes a key and its value.</summary>
internal sealed class RemoveCommand : ClientCommand
{
    private readonly Argument<string> _key = new("KEY") { Description = "The key" };

    public RemoveCommand(CommandContext context)
        : base("rm", "Remove a key and its value; exits with code 3 if the key does not exist", context) => Add(_key);

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var key = ArgumentParser.Key(parsed.GetRequiredValue(_key));
        using var session = Sessions.ForDeployment(parsed);
        var operation = $"rm {key}";
        var request = new StoreRequest(HttpMethod.Delete, session.ValueUrl(key))
        {
            Headers = LeaseFence.Headers(session.Fence),
            Content = ResponseContent.Deleted,
        };

        var (response, repeatedAfterLoss) = await session.Client.SendAsync(operation, request, cancellationToken);
        // If a response was lost, 404 means that the first attempt succeeded.
        if (response.IsSuccess || (repeatedAfterLoss && response.Status == HttpStatusCode.NotFound))
            return (int)ExitCode.Done;
        throw response.Status == HttpStatusCode.NotFound
            ? new CliException(ExitCode.TimedOut, session.Failure(operation, response).Message)
            : session.Failure(operation, response);
    }
}
