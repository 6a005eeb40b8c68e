using System.Text.Json;

namespace Goterra.Tests.EndToEnd.Ui;

/// <summary>Machines of a deployment that wait, put, run commands, fail and die.</summary>
internal sealed class Machines(RunningServer server, TestDeployment deployment)
{
    private int _waits;

    /// <summary>A machine waits for a key, or for what a query says, until it is met or the test ends.</summary>
    public async Task<Task> WaitAsync(string machine, string key)
    {
        var mark = key.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        var wait = deployment.GetAsync(
            $"{key}{mark}wait=10m", ("X-Client-Name", machine), ("X-Wait-Id", $"{machine}-{_waits++}"),
            ("X-Wait-Left", "30m"));
        await server.WaitersAsync(_waits);
        return wait;
    }

    /// <summary>Waits have ended.</summary>
    public void Ended(int count = 1) => _waits -= count;

    public async Task PutAsync(string machine, string key, string value) =>
        Assert.Equal(200, (await deployment.PutAsync(key, value, ("X-Client-Name", machine))).Status);

    /// <summary>What `run` stores when a command has started.</summary>
    public async Task StartAsync(string machine, string app)
    {
        await PutAsync(machine, $"_heartbeat_app_{app}_{machine}?ttl=30s", machine);
        await PutAsync(machine, $"ts_start_{app}_{machine}", "1");
        await PutAsync(machine, $"_run_app_{app}_{machine}", Record("start", app, machine, null));
        await PutAsync(machine, $"status_app_{app}_{machine}", "start");
    }

    /// <summary>What `run` stores when a command has ended.</summary>
    public async Task EndAsync(string machine, string app, int exitCode, string log)
    {
        var state = exitCode == 0 ? "over" : "failed";
        await PutAsync(machine, $"ts_end_{app}_{machine}", "2");
        await PutAsync(machine, $"_run_app_{app}_{machine}", Record(state, app, machine, exitCode));
        await PutAsync(machine, $"_log_app_{app}_{machine}", log);
        await PutAsync(machine, $"status_app_{app}_{machine}", state);
        await deployment.DeleteAsync($"_heartbeat_app_{app}_{machine}");
    }

    /// <summary>The machine holds a switch, and gives no further sign of life.</summary>
    public async Task DieAsync(string machine) => Assert.Equal(200, (await deployment.PutAsync(
        $"alive/{machine}?ttl=1s&on_lapse=fail", machine, ("X-Client-Name", machine), ("If-None-Match", "*"),
        ("Goterra-Lapse-Reason", $"{machine}%20gives%20no%20sign%20of%20life"),
        ("Goterra-Lapse-Source", machine))).Status);

    public async Task FailAsync(string source, string reason) =>
        Assert.Equal(
            200, (await deployment.PostAsync("fail", JsonSerializer.Serialize(new { reason, source }))).Status);

    public async Task ResumeAsync(string source) =>
        Assert.Equal(200, (await deployment.PostAsync("resume", JsonSerializer.Serialize(new { source }))).Status);

    public async Task<string> TicketAsync(object body) => (await deployment.PostAsync(
        "tickets", JsonSerializer.Serialize(body))).Json.GetProperty("ticket").GetString()!;

    /// <summary>Redeems a ticket as one machine or another.</summary>
    public async Task<int> RedeemAsync(string ticket, char machine) => (await deployment.PostAsync(
        "redeem", JsonSerializer.Serialize(new { ticket, machine = new string(machine, 43) }))).Status;

    private static string Record(string state, string app, string machine, int? exitCode) =>
        JsonSerializer.Serialize(new { state, name = app, host = machine, exit_code = exitCode });
}
