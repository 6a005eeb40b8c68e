using System.Net;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Http;

/// <summary>Maps responses of the server to exit codes and error messages. The only place that does.</summary>
internal static class ExitCodes
{
    public static ExitCode FromStatus(HttpStatusCode status) => status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => ExitCode.NotAuthorized,
        HttpStatusCode.Gone => ExitCode.DeploymentGone,
        HttpStatusCode.FailedDependency => ExitCode.DeploymentFailed,
        HttpStatusCode.PreconditionFailed => ExitCode.LostRace,
        _ => ExitCode.Error,
    };

    /// <param name="operation">What failed, such as `get join_token`.</param>
    /// <param name="response">A response that is not a success.</param>
    public static CliException Failure(string operation, StoreResponse response)
    {
        if (response.IsForeign)
            return NotGoterra(operation, response);
        if ((int)response.Status is >= 300 and < 400)
        {
            var target = response.Location is null
                ? "elsewhere"
                : $"to {response.Location.OriginalString.Split('?', '#')[0]}";
            return new(
                ExitCode.Error,
                $"{operation}: the server redirects {target}, but the token is only sent to the configured host: "
                + $"correct {ClientProgram.UrlSetting}");
        }

        if (response.Problem?.Detail is null && ExplainOther(response) is { } explanation)
            return new(ExitCode.Error, $"{operation}: {explanation}");

        if (response.Status == HttpStatusCode.ProxyAuthenticationRequired)
            return new(ExitCode.Error, $"{operation}: {ProxyRefusal(response.Status)}");

        var code = FromStatus(response.Status);
        var prefix = code switch
        {
            ExitCode.NotAuthorized => "not authorized: ",
            ExitCode.DeploymentGone => "the deployment is gone: ",
            ExitCode.DeploymentFailed => "the deployment has failed: ",
            _ => "",
        };
        return new(code, $"{operation}: {prefix}{response.Explanation}");
    }

    /// <summary>Explains errors of servers and proxies that do not explain themselves.</summary>
    private static string? ExplainOther(StoreResponse response) => response.Status switch
    {
        HttpStatusCode.MethodNotAllowed =>
            "the server does not support this command (HTTP status 405): it is the original goterra-store, "
            + $"or {ClientProgram.UrlSetting} is not that of a goterra server",
        HttpStatusCode.RequestEntityTooLarge =>
            "a proxy in front of the server limits the size of requests (HTTP status 413; nginx: client_max_body_size)",
        HttpStatusCode.BadRequest when response.Body.AsSpan().IndexOf("HTTPS"u8) >= 0
            || response.Body.AsSpan().IndexOf("SSL-enabled"u8) >= 0 =>
            $"the server expects TLS on this port (HTTP status 400): {ClientProgram.UrlSetting} must begin with "
            + "https://",
        _ => null,
    };

    /// <summary>Why a proxy rejected the request.</summary>
    public static string ProxyRefusal(HttpStatusCode status) => status == HttpStatusCode.ProxyAuthenticationRequired
        ? "the proxy requires a user and password, or rejects the given ones: "
            + "https_proxy=http://USER:PASSWORD@HOST:PORT (http_proxy for an http:// URL)"
        : $"the proxy refuses to connect to the server (HTTP status {(int)status})";

    /// <summary>A response that a goterra server would not send, such as the login page of a proxy.</summary>
    public static CliException NotGoterra(string operation, StoreResponse? response = null)
    {
        var description = response is null ? "" : $" ({response.Description})";
        var wrong = response?.Status == HttpStatusCode.NotFound ? $"is the path in {ClientProgram.UrlSetting} right" :
            $"is {ClientProgram.UrlSetting} right";
        return new(ExitCode.Error, $"{operation}: the response{description} is not from a goterra server; {wrong}?");
    }
}
