using System.Text.Json;

namespace Goterra.Cli.Connection;

/// <summary>Declares a deployment failed.</summary>
internal static class DeploymentFailure
{
    public static StoreRequest Request(Session session, string reason) => new(HttpMethod.Post, session.Address.Action(session.Deployment, "fail"))
    {
        // An empty variable in a script must not keep the others waiting.
        Body = JsonSerializer.SerializeToUtf8Bytes(new Reason(string.IsNullOrWhiteSpace(reason) ? "no reason given" : reason), WireJson.Default.Reason),
        BodyType = "application/json",
    };
}
