using Goterra.Cli.Runtime;
using Goterra.Terraform.Protocol;
using Goterra.Terraform.Runtime;

namespace Goterra.Terraform.Plugin;

/// <summary>Maps the exceptions of an operation to errors that Terraform shows. The only place that does.</summary>
internal static class Errors
{
    public static async Task ReportAsync(ICollection<Diagnostic> diagnostics, Func<Task> operation)
    {
        try
        {
            await operation();
        }
        catch (DiagnosticException exception)
        {
            diagnostics.Add(Error(exception.Summary, exception.Message, exception.Attribute));
        }
        catch (CliException exception)
        {
            var (summary, advice) = Describe(exception.ExitCode);
            diagnostics.Add(
                Error(summary, advice.Length == 0 ? exception.Message : $"{exception.Message}\n\n{advice}"));
        }
        catch (OperationCanceledException)
        {
            diagnostics.Add(Error("Interrupted", "Run `terraform apply` again to continue."));
        }
        catch (Exception exception)
        {
            diagnostics.Add(Error(
                "Unexpected error",
                $"This is a bug in the provider, please report it: {exception.GetType().Name}: {exception.Message}"));
        }
    }

    public static Diagnostic Error(string summary, string detail, string? attribute = null)
    {
        var diagnostic = new Diagnostic
        {
            Severity = Diagnostic.Types.Severity.Error,
            Summary = summary,
            Detail = detail,
        };
        if (attribute is not null)
            diagnostic.Attribute = PathTo(attribute);
        return diagnostic;
    }

    public static Diagnostic Warning((string Summary, string Detail) warning) => new()
    {
        Severity = Diagnostic.Types.Severity.Warning,
        Summary = warning.Summary,
        Detail = warning.Detail,
    };

    public static AttributePath PathTo(string attribute)
    {
        var path = new AttributePath();
        path.Steps.Add(new AttributePath.Types.Step { AttributeName = attribute });
        return path;
    }

    private static (string Summary, string Advice) Describe(ExitCode code) => code switch
    {
        ExitCode.NotAuthorized => (
            "Not authorized",
            "Check `api_key` of the provider (GOT_APIKEY): it must be that of the user who created the deployment, or "
            + "of an owner of its namespace. If you use `token`, it must belong to this deployment, and not have "
            + "expired."),
        ExitCode.DeploymentGone => (
            "The deployment is gone",
            "Run `terraform apply` again: a `goterra_deployment` that was deleted is re-created. If it has ended by "
            + "its ttl, replace it: `terraform apply -replace=goterra_deployment.NAME`."),
        ExitCode.DeploymentFailed => ("The deployment has failed", ""),
        ExitCode.Unreachable => (
            "The goterra server cannot be reached",
            "Check `url` of the provider (GOT_URL), and that the server runs."),
        ExitCode.TimedOut => ("Timed out", ""),
        ExitCode.Usage => ("Invalid setting", ""),
        _ => ("The goterra server refused the request", ""),
    };
}
