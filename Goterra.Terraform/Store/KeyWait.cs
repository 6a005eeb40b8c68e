using System.Globalization;
using System.Net;
using System.Text;
using Goterra.Cli.Commands.Run;
using Goterra.Cli.Http;
using Goterra.Cli.Output;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;
using Goterra.Terraform.Runtime;

namespace Goterra.Terraform.Store;

/// <summary>Waits for keys, and explains why they do not come.</summary>
internal sealed class KeyWait(DeploymentClient client, TimeSpan timeout, KeyPrefix? failPrefix)
{
    private const int MaxFailures = 5;
    private const int MaxLogLines = 20;

    private readonly (string, string) _waitId = StoreRequest.NewWaitId();

    public required TimeProvider Time { get; init; }

    /// <exception cref="DiagnosticException">The deployment has failed, or it has timed out.</exception>
    public async Task<IReadOnlyList<KeyEntry>> ForKeysAsync(
        IReadOnlyList<ValueKey> keys, CancellationToken cancellationToken)
    {
        var start = Time.GetTimestamp();
        foreach (var key in keys)
        {
            var left = timeout - Time.GetElapsedTime(start);
            var result = await client.WaitAsync(
                $"wait for {key}",
                left > TimeSpan.Zero ? left : TimeSpan.FromSeconds(1),
                wait => StoreRequest.Get(client.ValueUrl(key, Query(wait))) with
                {
                    Accept = "application/octet-stream",
                    Content = ResponseContent.Value,
                    Headers = [_waitId],
                },
                response => response.Status == HttpStatusCode.NotFound,
                cancellationToken);
            await CheckAsync($"wait for {key}", result, cancellationToken);
        }

        var names = keys.Select(key => key.Text).ToHashSet(StringComparer.Ordinal);
        var overview = await client.ReadOverviewAsync("read the keys", cancellationToken);
        return [.. overview.AllKeys().Where(entry => names.Contains(entry.Key ?? ""))];
    }

    /// <exception cref="DiagnosticException">The deployment has failed, or it has timed out.</exception>
    public async Task<IReadOnlyList<KeyEntry>> ForCountAsync(
        KeyPrefix prefix, long count, CancellationToken cancellationToken)
    {
        var operation = $"wait for {count} of {prefix}";
        var query = string.Create(
            CultureInfo.InvariantCulture, $"filter={Uri.EscapeDataString(prefix.Text)}&count={count}&values=false");
        var result = await client.WaitAsync(
            operation,
            timeout,
            wait => StoreRequest.Get(client.Url(query + Query(wait, "&"))) with { Headers = [_waitId] },
            response => response.Status == HttpStatusCode.NotFound,
            cancellationToken);
        var response = await CheckAsync(operation, result, cancellationToken);
        return [.. (DeploymentOverview.TryRead(response.Body) ?? throw ExitCodes.NotGoterra(operation)).AllKeys()];
    }

    private string Query(string? wait, string separator = "")
    {
        var terms = new List<string>();
        if (wait is not null)
            terms.Add($"wait={wait}");
        if (failPrefix is not null)
            terms.Add($"fail={Uri.EscapeDataString(failPrefix.Text)}");
        return terms.Count == 0 ? "" : separator + string.Join('&', terms);
    }

    private async Task<StoreResponse> CheckAsync(
        string operation, WaitCompletion result, CancellationToken cancellationToken)
    {
        if (result.Response is null)
            throw await TimedOutAsync(operation, result.Pending, cancellationToken);
        if (result.Response.IsSuccess)
            return result.Response;
        var failure = client.Failure(operation, result.Response);
        throw failure.ExitCode == ExitCode.DeploymentFailed
            ? await FailedAsync(failure, cancellationToken)
            : failure;
    }

    private async Task<DiagnosticException> TimedOutAsync(
        string operation, StoreResponse? pending, CancellationToken cancellationToken)
    {
        var text = new StringBuilder($"{operation}: timed out after {Humanizer.Duration(timeout)}");
        if (pending is not null)
            text.Append(": ").Append(client.Redact(pending.Explanation));
        try
        {
            foreach (var hint in (await client.ReadOverviewAsync(operation, cancellationToken)).Hints ?? [])
                text.Append("\n- ").Append(StatusWriter.Escape(hint ?? ""));
        }
        catch (CliException)
        {
            // The time-out matters more than the hints, which the credential may not read.
        }

        text.Append("\n\n`goterra-cli status` shows what the machines wait for. Then run `terraform apply` again; "
            + "`timeout` sets how long it waits.");
        return new DiagnosticException("Timed out waiting for keys", text.ToString());
    }

    private async Task<DiagnosticException> FailedAsync(CliException failure, CancellationToken cancellationToken)
    {
        var text = new StringBuilder(failure.Message);
        try
        {
            var overview = await client.ReadOverviewAsync("read the failures", cancellationToken);
            foreach (var entry in (overview.Failures ?? []).OfType<FailureEntry>().Take(MaxFailures))
            {
                text.Append(CultureInfo.InvariantCulture,
                    $"\n\n{Escape(entry.Source ?? "unnamed")}: {Escape(entry.Reason ?? "no reason given")}");
                await AppendLogAsync(text, entry.Source, cancellationToken);
            }
        }
        catch (CliException)
        {
            // The credential may be one that reads no more than the keys.
        }

        text.Append(
            "\n\nRepair the machine and run `goterra-cli resume`, or replace it; then run `terraform apply` again.");
        return new DiagnosticException("The deployment has failed", text.ToString());
    }

    /// <summary>Appends the end of the log that `goterra-cli run` has stored; its source is APP@HOST.</summary>
    private async Task AppendLogAsync(StringBuilder text, string? source, CancellationToken cancellationToken)
    {
        if (source?.Split('@') is not [{ Length: > 0 } app, { Length: > 0 } host]
            || !ValueKey.TryParse($"{RunKeys.LogPrefix}{app}_{host}", out var key, out _)
            || await client.ReadValueAsync("read the log", key, cancellationToken) is not { Length: > 0 } log)
            return;
        var lines = Encoding.UTF8.GetString(log).TrimEnd().Split('\n');
        text.Append(CultureInfo.InvariantCulture, $"\nThe end of its log ({key}):");
        foreach (var line in lines.TakeLast(MaxLogLines))
            text.Append("\n  ").Append(Escape(line));
    }

    private string Escape(string text) => client.Redact(StatusWriter.Escape(text));
}
