using Goterra.Cli.Http;
using Goterra.Cli.Output;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;
using Goterra.Cli.Tls;

namespace Goterra.Cli.Commands.Doctor;

/// <summary>
/// Checks the claims of a token: whether it is for this deployment, and valid for as long as it is needed.
/// </summary>
internal sealed class TokenCheck(DoctorReport report, DateTimeOffset now, TimeSpan plannedWait)
{
    private const string Check = "token";
    private static readonly TimeSpan ToleratedSkew = TimeSpan.FromMinutes(1);

    /// <summary>Returns false if the token cannot work.</summary>
    public bool Run(Credential credential, string deployment)
    {
        if (credential.IsApiKey)
        {
            report.Ok(Check, $"none; using the API key in {credential.Source}");
            return true;
        }

        if (credential.Claims() is not { } claims)
        {
            report.Warn(
                Check,
                $"{credential.Source} does not contain a readable token (was it truncated? only the server can tell)");
            return true;
        }

        if (claims.Deployment is { } own && own != deployment)
        {
            report.Fail(
                Check,
                $"it is for deployment {own}, and --deployment (GOT_DEPLOYMENT) is {deployment} (use both from the "
                + "same create)",
                ExitCode.NotAuthorized);
            return false;
        }

        var target = claims.Ns is { } name
            ? $"for all deployments of the namespace {name}"
            : $"for deployment {claims.Deployment ?? "unknown"}";
        return CheckExpiry(
            claims,
            $"{target}, {(claims.IsFull ? "full access" : claims.IsObserver ? "observes only" : "restricted")}, "
            + $"from {credential.Source}");
    }

    private bool CheckExpiry(UnverifiedClaims claims, string description)
    {
        var left = DateTimeOffset.FromUnixTimeSeconds(claims.Exp) - now;
        if (left <= TimeSpan.Zero)
        {
            report.Fail(
                Check,
                $"expired {Humanizer.Duration(-left)} ago; {description}{IssueTime(claims)} (get a new one with an API "
                + "key: goterra-cli renew --apikey)",
                ExitCode.NotAuthorized);
            return false;
        }

        if (claims.Issued is { } issued && issued - now > ToleratedSkew)
        {
            report.Warn(
                Check,
                $"{description}; not yet valid by the server's clock: issued in {Humanizer.Duration(issued - now)} "
                + "(the server's clock was ahead when it issued the token, or is behind now: synchronize it, then "
                + "create the deployment again)");
            return true;
        }

        if (left < plannedWait)
        {
            report.Warn(
                Check,
                $"{description}; expires in {Humanizer.Duration(left)}, before the end of a wait of "
                + $"{Humanizer.Duration(plannedWait)} (renew it first: goterra-cli renew)");
        }
        else
        {
            report.Ok(Check, $"{description}; {Humanizer.Duration(left)} left");
        }

        return true;
    }

    // A server that starts with a wrong clock issues tokens that expire when the clock is set.
    private static string IssueTime(UnverifiedClaims claims) => claims.Issued is { } issued
        ? $"; issued at {ServerCertificateValidator.Format(issued)} by the server's clock: if you got it later, that "
            + "clock was behind and was set since"
        : "";
}
