using Goterra.Cli.Connection;
using Goterra.Cli.Output;

namespace Goterra.Cli.Diagnosis;

/// <summary>What a token says of itself, before anybody is asked: whether it is for this deployment, and lives as long as it is needed.</summary>
internal sealed class TokenCheck(Findings findings, DateTimeOffset now, TimeSpan plannedWait)
{
    private const string What = "token";

    /// <summary>False where it can't work.</summary>
    public bool Run(Credential credential, string deployment)
    {
        if (credential.IsApiKey)
        {
            findings.Good(What, $"none; the API key of {credential.Source} stands for it");
            return true;
        }

        if (credential.Claims() is not { } claims)
        {
            findings.Warn(What, $"{credential.Source} holds none that can be read here (cut off in copying? the server has the last word)");
            return true;
        }

        if (claims.Deployment is { } own && own != deployment)
        {
            findings.Fail(What, $"it is for deployment {own}, and --deployment (GOT_DEPLOYMENT) is {deployment} (take both from the same create)", ExitCode.NotAuthorized);
            return false;
        }

        return Lives(claims, $"{(claims.Ns is { } name ? $"for all deployments of the namespace {name}" : $"for deployment {claims.Deployment ?? "unknown"}")}, {(claims.IsFull ? "may do everything" : "narrowed")}, from {credential.Source}");
    }

    private bool Lives(TokenClaims claims, string about)
    {
        var left = DateTimeOffset.FromUnixTimeSeconds(claims.Exp) - now;
        if (left <= TimeSpan.Zero)
        {
            findings.Fail(What, $"expired {Human.Span(-left)} ago; {about} (an API key makes a new one: goterra-cli renew --apikey; else create anew)", ExitCode.NotAuthorized);
            return false;
        }

        if (left < plannedWait)
            findings.Warn(What, $"{about}; only {Human.Span(left)} left, and a wait is planned for {Human.Span(plannedWait)} (renew it first: goterra-cli renew)");
        else
            findings.Good(What, $"{about}; {Human.Span(left)} left");
        return true;
    }
}
