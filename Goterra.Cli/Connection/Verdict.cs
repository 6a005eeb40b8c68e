using System.Net;

namespace Goterra.Cli.Connection;

/// <summary>Maps what a server answers to what the program's exit code says. The only place that does.</summary>
internal static class Verdict
{
    public static ExitCode Of(HttpStatusCode status) => status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => ExitCode.NotAuthorized,
        HttpStatusCode.Gone => ExitCode.DeploymentGone,
        HttpStatusCode.FailedDependency => ExitCode.DeploymentFailed,
        HttpStatusCode.PreconditionFailed => ExitCode.LostRace,
        _ => ExitCode.Error,
    };

    /// <summary>The end of a command that <paramref name="reply"/> didn't let do its work.</summary>
    /// <param name="doing">What it was about, such as `get join_token`.</param>
    /// <param name="reply">An answer that isn't a success.</param>
    public static CliException Failure(string doing, Reply reply)
    {
        if ((int)reply.Status is >= 300 and < 400)
        {
            var target = reply.Location is null ? "elsewhere" : $"to {WithoutQuery(reply.Location)}";
            return new(ExitCode.Error, $"{doing}: the server redirects {target}, and the token stays with the host it was given for: correct --url (GOT_URL)");
        }

        if (reply.Status == HttpStatusCode.ProxyAuthenticationRequired)
            return new(ExitCode.Error, $"{doing}: {OfProxy(reply.Status)}");

        var code = Of(reply.Status);
        var what = code switch
        {
            ExitCode.NotAuthorized => "not authorised: ",
            ExitCode.DeploymentGone => "the deployment is gone: ",
            ExitCode.DeploymentFailed => "the deployment has failed: ",
            ExitCode.LostRace => "the condition does not hold: ",
            _ => "",
        };
        return new(code, $"{doing}: {what}{reply.Explanation}");
    }

    /// <summary>Why a proxy doesn't let the request through.</summary>
    public static string OfProxy(HttpStatusCode status) => status == HttpStatusCode.ProxyAuthenticationRequired
        ? "the proxy wants a user and a password, or does not take these: https_proxy=http://USER:PASSWORD@HOST:PORT (http_proxy for an http:// address)"
        : $"the proxy does not open the way to the server (HTTP status {(int)status})";

    /// <summary>A success, but not of ours: such as the page of a proxy that wants a login.</summary>
    public static CliException NotOurs(string doing) =>
        new(ExitCode.Error, $"{doing}: the answer is none of a goterra server; is --url (GOT_URL) right?");

    private static string WithoutQuery(Uri location) => location.OriginalString.Split('?', '#')[0];
}
