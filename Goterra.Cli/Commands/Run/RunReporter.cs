using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Goterra.Cli.Http;
using Goterra.Cli.Leases;
using Goterra.Cli.Output;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;
using Goterra.Cli.Sessions;

namespace Goterra.Cli.Commands.Run;

/// <param name="ExitCode">128+n if signal n ended the command.</param>
/// <param name="Duration">On the monotonic clock.</param>
/// <param name="Log">The end of the output; null to store none.</param>
internal sealed record RunResult(int ExitCode, TimeSpan Duration, byte[]? Log)
{
    public override string ToString() => $"{nameof(RunResult)} {ExitCode}";
}

/// <summary>Reports the state of a command to the server. Errors never stop or delay the command.</summary>
internal sealed class RunReporter(
    Session session, string name, string host, StatusWriter statusWriter, TimeProvider time)
{
    private static readonly TimeSpan HeartbeatTtl = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ReleaseTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan NoTimeout = TimeSpan.FromDays(365);

    private readonly RunKeys _keys = RunKeys.Create(name, host);
    private readonly string _operation = $"run {name}";
    private readonly FailureSource _source = FailureSource.Parse($"{name}@{host}");
    private volatile bool _isArmed;

    /// <summary>If the command fails, or this program dies, the deployment fails.</summary>
    public bool FailsDeployment { get; init; }

    /// <summary>Reports that the command has started, and renews its heartbeat until it exits.</summary>
    /// <param name="started">Completed when the start has been reported, or cannot be.</param>
    /// <param name="exited">Cancelled when the command has exited.</param>
    public async Task ReportRunningAsync(TaskCompletionSource started, CancellationToken exited)
    {
        var terms = new LeaseTerms(_keys.Heartbeat, Encoding.UTF8.GetBytes(host), HeartbeatTtl)
        {
            OnLapse = FailsDeployment ? new LapseTerms(_source, $"no heartbeat from {name} on {host}") : null,
        };
        try
        {
            var client = session.WithTimeout(NoTimeout);
            // First: a reader that finds the status must also find the heartbeat.
            var lease = await TryAcquireAsync(client, terms, exited);
            await PutAllAsync(
                client,
                [(_keys.Start, Now()), (_keys.Record, Record("start", null, null)), (_keys.Status, Utf8("start"))],
                exited);
            started.TrySetResult();

            while (!exited.IsCancellationRequested)
            {
                if (lease is not null)
                    await lease.RenewUntilLostAsync(exited);
                else
                    await Task.Delay(terms.RenewAfter, time, exited);
                if (!exited.IsCancellationRequested)
                    lease = await TryAcquireAsync(client, terms, exited);
            }

            if (lease is not null && !await lease.ReleaseAsync(
                lease.IsArmed ? HeartbeatTtl : ReleaseTimeout, CancellationToken.None) && lease.IsArmed)
                statusWriter.WriteLine($"{_operation}: the heartbeat could not be given back; the deployment may fail");
        }
        catch (OperationCanceledException) when (exited.IsCancellationRequested)
        {
            // ReportExitAsync reports the rest.
        }
        catch (CliException exception)
        {
            statusWriter.WriteLine($"{exception.Message}; the command continues to run");
        }
        finally
        {
            started.TrySetResult();
        }
    }

    /// <summary>Reports the result. Does not throw for errors of the server.</summary>
    public async Task ReportExitAsync(RunResult result, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var client = session.WithTimeout(timeout);
        var state = result.ExitCode == 0 ? "over" : "failed";
        var record = Record(state, result.ExitCode, Math.Round(result.Duration.TotalSeconds, 3));
        List<(ValueKey, byte[])> values = [(_keys.End, Now()), (_keys.Record, record)];
        if (result.Log is not null)
            values.Add((_keys.Log, result.Log));
        // Last: a client that waits for the status finds the other values.
        values.Add((_keys.Status, Utf8(state)));
        try
        {
            await PutAllAsync(client, values, cancellationToken);
            if (result.ExitCode != 0 && FailsDeployment)
                await FailDeploymentAsync(client, result.ExitCode, cancellationToken);

            // What an earlier attempt on this machine has reported. An older server would take back all failures.
            else if (_isArmed)
                await SendAsync(
                    client, $"{_operation}: resume", session.ResumeRequest(reason: null, _source), cancellationToken);
        }
        catch (CliException exception)
        {
            statusWriter.WriteLine($"{exception.Message}; the command has exited with code {result.ExitCode}");
        }
    }

    private async Task<Lease?> TryAcquireAsync(
        RetryingClient client, LeaseTerms terms, CancellationToken cancellationToken)
    {
        try
        {
            // Null if an earlier run of that name died: its heartbeat expires soon. A switch must not fire then.
            var lease = terms.OnLapse is null
                ? await Lease.TryAcquireAsync(session, client, terms, time, cancellationToken)
                : await Lease.TakeOverAsync(session, client, terms, time, cancellationToken);
            _isArmed |= lease is { IsArmed: true };
            return lease;
        }
        catch (CliException exception) when (exception.ExitCode is ExitCode.Error or ExitCode.NotAuthorized)
        {
            // The server does not support leases, or the token does not allow writing this key.
            return null;
        }
    }

    private async Task PutAllAsync(
        RetryingClient client, IEnumerable<(ValueKey Key, byte[] Value)> values, CancellationToken cancellationToken)
    {
        var writer = new ValueWriter(session, client);
        foreach (var (key, value) in values)
        {
            var operation = $"{_operation}: put {key}";
            var response = await writer.PutAsync(operation, key, value, [], cancellationToken);
            if (response.IsSuccess)
                continue;
            var failure = session.Failure(operation, response);
            // After other errors, the next value may be accepted: a log can exceed the server's limit.
            if (response.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Gone)
                throw failure;
            statusWriter.WriteLine(failure.Message);
        }
    }

    private async Task FailDeploymentAsync(RetryingClient client, int exitCode, CancellationToken cancellationToken)
    {
        var operation = $"{_operation}: fail";
        var reason = string.Create(CultureInfo.InvariantCulture, $"{name} on {host} failed with exit code {exitCode}");
        await SendAsync(client, operation, session.FailRequest(reason, _source), cancellationToken);
    }

    private async Task SendAsync(
        RetryingClient client, string operation, StoreRequest request, CancellationToken cancellationToken)
    {
        var (response, _) = await client.SendAsync(operation, request, cancellationToken);
        if (!response.IsSuccess)
            statusWriter.WriteLine(session.Failure(operation, response).Message);
    }

    private byte[] Record(string state, int? exitCode, double? seconds) => JsonSerializer.SerializeToUtf8Bytes(
        new RunRecord(state, name, host, exitCode, seconds), ProtocolJson.Default.RunRecord);

    private byte[] Now() => Utf8(time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
