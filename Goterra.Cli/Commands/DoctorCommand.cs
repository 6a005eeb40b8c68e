using System.CommandLine;
using Goterra.Cli.Commands.Doctor;
using Goterra.Cli.Http;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;
using Goterra.Cli.Sessions;

namespace Goterra.Cli.Commands;

/// <summary>`doctor`: finds out why a machine cannot use the server.</summary>
internal sealed class DoctorCommand(CommandContext context) : ClientCommand(
    "doctor",
    "Check the connection to the server and the token, one line per check: ok, warn or FAIL; "
    + "exits with the code of the first failure. --timeout: the planned wait (30m)",
    context)
{
    private static readonly TimeSpan StepTimeout = TimeSpan.FromSeconds(15);

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var plannedWait = Sessions.Timeout(parsed, SessionFactory.DefaultWait);
        var report = new DoctorReport(Output, Style);
        var inputs = Sessions.Inspect(parsed);

        // One by one: an invalid input must not prevent the checks of the others.
        var route = TryResolve(report, "address", inputs.Route);
        using var client = route is null ? null : new StoreClient(route, credential: null, Environment.Time);
        var greeting = route is null || client is null
            ? null
            : await new NetworkCheck(report, route, client, Environment.Time).RunAsync(cancellationToken);

        var deployment = TryResolve(report, "token", inputs.Deployment);
        if (deployment is { Credential: null })
            report.Ok(
                "token",
                $"none yet: a ticket for deployment {deployment.Deployment}, which the first other command redeems");
        if (deployment is not { Credential: { } credential })
            return (int)report.ExitCode;

        // The server judges the token by its own clock.
        var now = greeting?.Date ?? Environment.Time.GetUtcNow();
        var mayWork = new TokenCheck(report, now, plannedWait).Run(credential, deployment.Deployment);
        if (mayWork && greeting is not null && route is not null && client is not null)
        {
            var request = StoreRequest.Get(route.Address.Deployment(deployment.Deployment, "values=false"));
            var timeouts = new SendTimeouts(StepTimeout, StepTimeout);
            ReportAccess(report, credential, await client.SendAsync(request, credential, timeouts, cancellationToken));
        }

        return (int)report.ExitCode;
    }

    private static T? TryResolve<T>(DoctorReport report, string check, Func<T> resolve)
        where T : class
    {
        try
        {
            return resolve();
        }
        catch (CliException exception)
        {
            report.Fail(check, exception.Message, exception.ExitCode);
            return null;
        }
    }

    private static void ReportAccess(DoctorReport report, Credential credential, SendResult result)
    {
        const string Check = "access";
        switch (result)
        {
            case StoreResponse { IsSuccess: true } response
                when DeploymentOverview.TryRead(response.Body) is { } listing:
                if (listing.State == "failed")
                {
                    report.Warn(
                        Check,
                        $"accepted, but the deployment has failed: {listing.Reason} (waits end with exit code 6 "
                        + "until goterra-cli resume)");
                }
                else
                {
                    report.Ok(Check, $"accepted by the server; {listing.AllKeys().Count()} keys");
                }

                break;
            case StoreResponse { IsForeign: true } response:
                report.Fail(Check, response.Explanation, ExitCode.Error);
                break;
            case StoreResponse { IsTransient: true } response:
                report.Fail(Check, credential.Redact(response.Explanation), ExitCode.Unreachable);
                break;
            case StoreResponse response:
                var error = response.IsSuccess ? "the response is not from a goterra server" : response.Explanation;
                report.Fail(Check, credential.Redact(error), ExitCodes.FromStatus(response.Status));
                break;
            case SendFailure failure:
                report.Fail(Check, failure.Reason, ExitCode.Unreachable);
                break;
        }
    }
}
