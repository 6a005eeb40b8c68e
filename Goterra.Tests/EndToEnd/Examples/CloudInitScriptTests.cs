using System.Diagnostics;
using System.Runtime.Versioning;

namespace Goterra.Tests.EndToEnd.Examples;

/// <summary>The scripts in the user-data of the examples: run twice, and without a client.</summary>
[UnsupportedOSPlatform("windows")]
[Trait("Category", "EndToEnd")]
public sealed class CloudInitScriptTests(ServerFixture fixture) : IClassFixture<ServerFixture>, IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TheoryWith("curl")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task JoinCluster_MasterBootsTwice_KeepsTheJoinToken(bool isProgram)
    {
        var deployment = await fixture.Server.CreateAsync();
        var created = await deployment.PostAsync(
            "tickets", """{"write":["join_token","master_address"]}""");
        var ticket = created.Json.GetProperty("ticket").GetString()!;
        UseClient(isProgram ? CliProcess.ProgramPath : ShClient.Script);

        var first = await RunAsync("master.yaml", "join-cluster", deployment.Server, ticket);
        var token = (await deployment.GetAsync("join_token?raw")).Text;
        var second = await RunAsync("master.yaml", "join-cluster", deployment.Server, ticket);

        Assert.True(first.Exit == 0, first.Errors);
        Assert.True(second.Exit == 0, second.Errors);
        Assert.Equal(64, token.Length);
        Assert.Equal(token, (await deployment.GetAsync("join_token?raw")).Text);
        Assert.Equal("active", (await deployment.GetAsync("")).Json.GetProperty("state").GetString());
    }

    [TheoryWith("curl")]
    [InlineData("master.yaml")]
    [InlineData("worker.yaml")]
    public async Task InstallGoterra_NoClientToInstall_ReportsTheFailure(string file)
    {
        await using var server = await ScriptedServer.StartAsync(context => context.Request.Method switch
        {
            "POST" when context.Request.Path == "/store/d1/fail" => ScriptedServer.Done(context),
            "POST" => ScriptedServer.Json("""{"url":"u","id":"d1","token":"of.this.machine"}""")(context),
            _ => ScriptedServer.Problem(404, "no such client")(context),
        });

        foreach (var boot in new[] { 1, 2 })
        {
            var run = await RunAsync(file, "install-goterra", new Uri(server.Url), "d1.secret");

            Assert.True(run.Exit == 1, $"{boot}: {run.Errors}");
            var (redeem, fail) = (server.Requests.Reverse().Skip(1).First(), server.Requests.Last());
            Assert.Equal(("POST", "/store/d1/redeem"), (redeem.Method, redeem.Target));
            Assert.Matches("""^\{"ticket":"d1.secret","machine":"[0-9a-f]{64}"\}$""", redeem.Text);
            Assert.Equal(("POST", "/store/d1/fail"), (fail.Method, fail.Target));
            Assert.Equal("Bearer of.this.machine", fail.Header("Authorization"));
            Assert.Equal(
                $$"""{"reason":"goterra-cli could not be installed","source":"{{Environment.MachineName}}"}""",
                fail.Text);
        }

        var redeemed = server.Requests.Where(request => request.Target == "/store/d1/redeem")
            .Select(request => request.Text);
        Assert.Single(redeemed.Distinct());
    }

    private void UseClient(string program)
    {
        Directory.CreateDirectory(_folder.File("bin"));
        File.WriteAllText(_folder.File("bin/goterra-cli"), $"#!/bin/sh\nexec \"{program}\" \"$@\"\n");
        File.SetUnixFileMode(_folder.File("bin/goterra-cli"), (UnixFileMode)0b111_101_101);
    }

    private async Task<(int Exit, string Errors)> RunAsync(string file, string script, Uri server, string ticket)
    {
        await File.WriteAllTextAsync(
            _folder.File("env"), $"GOT_URL={server.ToString().TrimEnd('/')}\nGOT_TICKET={ticket}\n");
        var text = Script(await File.ReadAllTextAsync(SourceTree.PathOf("examples/cloud-init/" + file)), script);
        await File.WriteAllTextAsync(
            _folder.File(script), text.Replace("/etc/goterra/env", _folder.File("env"), StringComparison.Ordinal));
        var start = new ProcessStartInfo("sh", [_folder.File(script)]) { RedirectStandardError = true };
        var inherited = start.Environment.Keys.Where(name => name.StartsWith("GOT_", StringComparison.Ordinal));
        foreach (var name in inherited.ToList())
            start.Environment.Remove(name);
        start.Environment["PATH"] = $"{_folder.File("bin")}:/usr/bin:/bin";
        start.Environment["GOT_STATE_DIR"] = _folder.File("state");
        using var process = Process.Start(start)!;
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, errors);
    }

    /// <summary>The content of a file of the user-data, without its indentation.</summary>
    private static string Script(string userData, string name)
    {
        const string Indentation = "      ";
        var lines = userData.Split($"/{name}\n", 2)[1].Split('\n').Skip(2)
            .TakeWhile(line => line.StartsWith(Indentation, StringComparison.Ordinal))
            .Select(line => line[Indentation.Length..]);
        return string.Join('\n', lines) + "\n";
    }
}
