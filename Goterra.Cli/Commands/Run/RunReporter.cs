using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Goterra.Cli.Arguments;
using Goterra.Cli.Connection;
using Goterra.Cli.Leases;
using Goterra.Cli.Output;
using Goterra.Cli.Values;

namespace Goterra.Cli.Apps;

/// <summary>Tells the server what becomes of a command. The command is what matters: nothing here ever stops or delays it.</summary>
internal sealed class AppReporter(Session session, string name, string host, Talk talk, TimeProvider time)
{
    private static readonly TimeSpan HeartbeatLife = TimeSpan.FromSeconds(30);

    private readonly AppKeys _keys = AppKeys.Of(name, host);
    private readonly string _doing = $"run {name}";

    /// <summary>Tells that it has begun, and keeps the heartbeat until <paramref name="over"/>.</summary>
    /// <param name="started">Done when everything about the start is stored, or never will be.</param>
    /// <param name="over">The command's end.</param>
    public async Task AccompanyAsync(TaskCompletionSource started, CancellationToken over)
    {
        var terms = new LeaseTerms(_keys.Heartbeat, Encoding.UTF8.GetBytes(host), HeartbeatLife);
        try
        {
            var patient = session.Within(TimeSpan.FromDays(365));
            // The heartbeat first: whoever reads that it runs must not miss it.
            var lease = await TryTakeAsync(patient, terms, over);
            await PutAllAsync(patient, [(_keys.Start, Now()), (_keys.Record, Record("start", null, null)), (_keys.Status, Text("start"))], over);
            started.TrySetResult();

            while (!over.IsCancellationRequested)
            {
                if (lease is not null)
                    await lease.KeepAsync(over);
                else
                    await Task.Delay(terms.RenewAfter, time, over);
                if (!over.IsCancellationRequested)
                    lease = await TryTakeAsync(patient, terms, over);
            }

            if (lease is not null)
                await lease.ReleaseAsync(TimeSpan.FromSeconds(5), CancellationToken.None);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
        }
        catch (CliException problem)
        {
            talk.Say($"{problem.Message}; the command goes on");
        }
        finally
        {
            started.TrySetResult();
        }
    }

    /// <summary>Tells how it ended. Never throws for what the server does.</summary>
    public async Task EndAsync(AppEnd end, byte[]? log, bool failDeployment, TimeSpan patience, CancellationToken cancellationToken)
    {
        var patient = session.Within(patience);
        var state = end.ExitCode == 0 ? "over" : "failed";
        List<(ValueKey, byte[])> values = [(_keys.End, Now()), (_keys.Record, Record(state, end.ExitCode, Math.Round(end.Duration.TotalSeconds, 3)))];
        if (log is not null)
            values.Add((_keys.Log, log));
        // Last: whoever waits for it finds the rest.
        values.Add((_keys.Status, Text(state)));
        try
        {
            await PutAllAsync(patient, values, cancellationToken);
            if (end.ExitCode != 0 && failDeployment)
                await FailAsync(patient, end.ExitCode, cancellationToken);
        }
        catch (CliException problem)
        {
            talk.Say($"{problem.Message}; the command ended with exit code {end.ExitCode}");
        }
    }

    private async Task<Lease?> TryTakeAsync(PatientClient patient, LeaseTerms terms, CancellationToken cancellationToken)
    {
        try
        {
            // Null where an earlier run of that name has died: its heartbeat is over soon.
            return await Lease.TakeAsync(session, patient, terms, time, cancellationToken);
        }
        catch (CliException problem) when (problem.ExitCode is ExitCode.Error or ExitCode.NotAuthorized)
        {
            // A server that knows no leases, or a token that may not write this one.
            return null;
        }
    }

    private async Task PutAllAsync(PatientClient patient, IEnumerable<(ValueKey Key, byte[] Value)> values, CancellationToken cancellationToken)
    {
        var writer = new ValueWriter(session, patient);
        foreach (var (key, value) in values)
        {
            var doing = $"{_doing}: put {key}";
            var reply = await writer.PutAsync(doing, key, value, [], cancellationToken);
            if (reply.IsSuccess)
                continue;
            var failure = session.Failure(doing, reply);
            // Of the others some may be taken: a log can be too long for a server's limit.
            if (reply.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Gone)
                throw failure;
            talk.Say(failure.Message);
        }
    }

    private async Task FailAsync(PatientClient patient, int exitCode, CancellationToken cancellationToken)
    {
        var doing = $"{_doing}: fail";
        var reason = string.Create(CultureInfo.InvariantCulture, $"{name} on {host} failed with exit code {exitCode}");
        var (reply, _) = await patient.SendAsync(doing, DeploymentFailure.Request(session, reason), cancellationToken);
        if (!reply.IsSuccess)
            talk.Say(session.Failure(doing, reply).Message);
    }

    private byte[] Record(string state, int? exitCode, double? seconds) =>
        JsonSerializer.SerializeToUtf8Bytes(new AppRecord(state, name, host, exitCode, seconds), WireJson.Default.AppRecord);

    private byte[] Now() => Text(time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);
}
