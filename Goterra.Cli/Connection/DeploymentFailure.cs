using System.Text.Json;

namespace Goterra.Cli.Connection;

/// <summary>Declares a deployment failed.</summary>
internal static class DeploymentFailure
{
    /// <summary>What a server takes.</summary>
    private const int Longest = 2000;

    public static StoreRequest Request(Session session, string reason) => new(HttpMethod.Post, session.Address.Action(session.Deployment, "fail"))
    {
        Body = JsonSerializer.SerializeToUtf8Bytes(new Reason(Acceptable(reason)), WireJson.Default.Reason),
        BodyType = "application/json",
    };

    /// <summary>Neither an empty variable in a script, nor a whole log, must keep the others waiting.</summary>
    private static string Acceptable(string reason)
    {
        if (string.IsNullOrWhiteSpace(reason))
            return "no reason given";
        if (reason.Length <= Longest)
            return reason;
        return reason[..(char.IsHighSurrogate(reason[Longest - 1]) ? Longest - 1 : Longest)];
    }
}
