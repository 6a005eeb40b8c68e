using System.CommandLine;
using System.Net;
using Goterra.Cli.Http;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Commands;

/// <summary>`delete`: deletes the deployment.</summary>
internal sealed class DeleteCommand(CommandContext context)
    : ClientCommand("delete", "Delete the deployment and all its data; ends all waits in it", context)
{
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var session = Sessions.ForDeployment(parsed);
        var request = new StoreRequest(HttpMethod.Delete, session.DeploymentUrl())
        {
            Content = ResponseContent.Deleted,
        };
        var (response, repeatedAfterLoss) = await session.Client.SendAsync(Name, request, cancellationToken);
        // If a response was lost, 410 means that the first attempt succeeded.
        var isDeleted = response.IsSuccess || (repeatedAfterLoss && response.Status == HttpStatusCode.Gone);
        return isDeleted ? (int)ExitCode.Done : throw session.Failure(Name, response);
    }
}
