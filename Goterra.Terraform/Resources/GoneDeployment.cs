using Goterra.Cli.Http;
using Goterra.Cli.Runtime;
using Goterra.Terraform.Runtime;
using Goterra.Terraform.Store;
using Goterra.Terraform.Values;

namespace Goterra.Terraform.Resources;

/// <summary>
/// What belongs to a deployment that is gone stays in the state: a re-created deployment has another id, which
/// replaces it. What is read from it is null, so that plans go on.
/// </summary>
internal static class GoneDeployment
{
    /// <returns>The state as it is.</returns>
    /// <exception cref="CliException">The response means something else.</exception>
    /// <exception cref="DiagnosticException">It may mean something else.</exception>
    public static ObjectValue Keep(
        string action, DeploymentClient client, StoreResponse response, ObjectValue state, Operation operation)
    {
        var hasEnded = HasEnded(client, operation);
        if (!client.IsGone(response, hasEnded))
            throw client.Refusal(action, response);
        operation.HasEnded = hasEnded;
        operation.Warn(
            "Not compared with the server",
            "The deployment has ended or was deleted. Its tickets, values and waits stay in the state until it is "
            + "replaced.");
        return state;
    }

    /// <returns>The configuration, whose computed attributes are null.</returns>
    /// <exception cref="CliException">The response means something else.</exception>
    public static ObjectValue ReadNothing(
        string action, DeploymentClient client, StoreResponse response, ObjectValue config, Operation operation)
    {
        if (!client.IsGone(response, HasEnded(client, operation)))
            throw client.Failure(action, response);
        operation.Warn(
            "The deployment is gone",
            $"The deployment {client.Deployment} has ended or was deleted. What is read from it is null.");
        return config.Copy();
    }

    // An anonymous deployment ends with its token.
    private static bool HasEnded(DeploymentClient client, Operation operation) =>
        operation.HasEnded || operation.Connections.Ended.Contains(client.Deployment)
        || client.IsTokenExpired(operation.Connections.Time);
}
