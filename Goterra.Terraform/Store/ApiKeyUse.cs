using System.Net;
using Goterra.Cli.Http;
using Goterra.Cli.Runtime;
using Goterra.Terraform.Runtime;

namespace Goterra.Terraform.Store;

/// <summary>
/// A server that creates deployments anonymously, and knows no users, ignores the API key of a creation. With that key,
/// nobody could open the deployment again. The list of one's own deployments is refused there.
/// </summary>
internal sealed class ApiKeyUse
{
    private const string Action = "check the API key";

    private volatile bool _isChecked;

    /// <exception cref="DiagnosticException">The server ignores the API key.</exception>
    /// <exception cref="CliException">The server cannot be reached.</exception>
    public async Task CheckAsync(StoreConnections connections, CancellationToken cancellationToken)
    {
        if (_isChecked || connections.CreatesAnonymously)
            return;
        var request = StoreRequest.Get(connections.Address.Common("deployments?limit=1"));
        var response = await connections.ForServer().TrySendAsync(Action, request, cancellationToken);
        if (response is { Status: HttpStatusCode.Unauthorized, IsForeign: false })
        {
            throw new DiagnosticException(
                "The server ignores the API key",
                "The server has no users and creates deployments anonymously: this API key would not open the deployment "
                + "again, so none was created. Remove `api_key` from the provider block and GOT_APIKEY from the environment, "
                + "and set `token = goterra_deployment.NAME.token` in the other resources; or add the user of the key to "
                + "the configuration of the server.");
        }

        // The creation itself reports every other problem.
        _isChecked = response.IsSuccess;
    }
}
