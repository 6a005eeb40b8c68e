using static Goterra.Tests.Support.ScriptedServer;
using static Goterra.Tests.Support.TestCommand;

namespace Goterra.Tests.EndToEnd.Cli;

/// <summary>`once` and `elect` release leases and reap processes.</summary>
[Trait("Category", "EndToEnd")]
public sealed class LeasedCommandTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [Theory]
    [InlineData("elect leader --ttl 24h")]
    [InlineData("once key --ttl 24h")]
    public async Task Elect_TerminatedWhileAcquiring_ReleasesTheLease(string line)
    {
        var process = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var taken = 0;
        await using var server = await StartAsync(async context =>
        {
            if (context.Request.Method == "PUT" && Interlocked.Increment(ref taken) == 1)
            {
                // The lease is stored, but there is no response.
                await AndThenSilence(async _ => Signal("TERM", await process.Task))(context);
            }
            else
            {
                var answer = context.Request.Method switch
                {
                    "PUT" => Stored("\"1.aaaaaaaaaaaaaaaa\""),
                    "DELETE" => Done,
                    _ => Problem(404, "no such key"),
                };
                await answer(context);
            }
        });

        using var run = CliProcess.Start([.. line.Split(' '), "--", "true"], CliRun.VariablesFor(server.Url));
        process.SetResult(run.Id);

        Assert.Equal(143, (await run.WaitAsync()).ExitCode);
        var puts = server.Requests.Where(request => request.Method == "PUT").ToList();
        Assert.Equal(2, puts.Count);
        Assert.Equal(puts[0].Header("Idempotency-Key"), puts[1].Header("Idempotency-Key"));
        Assert.Equal(
            "\"1.aaaaaaaaaaaaaaaa\"",
            Assert.Single(server.Requests, request => request.Method == "DELETE").Header("If-Match"));
    }

    [Theory]
    [InlineData("elect leader")]
    [InlineData("once key")]
    public async Task Elect_CommandLeavesOrphans_ReapsThem(string line)
    {
        var deployment = await fixture.Server.CreateAsync();

        // The orphan waits for its new parent and exits. Until it is reaped, /proc shows it with
        // state Z.
        var run = await CliProcess.RunAsync(
            [.. line.Split(' '), "--", "sh", "-c",
                "(sh -c 'until [ \"$(cut -d \" \" -f 4 /proc/$$/stat)\" = '$PPID' ]; do :; done; echo $$ adopted' &); "
                + "until ! grep -q \" [RSZD] $PPID \" $(ls -d /proc/[0-9]*/stat | grep -v \"/$$/\") 2> /dev/null; "
                + "do :; done; echo nobody left"],
            Variables(deployment));

        Assert.Matches("^[0-9]+ adopted\nnobody left\n$", run.Text);
        Assert.Equal(0, run.ExitCode);
    }
}
