using System.Diagnostics;

namespace Goterra.Tests.EndToEnd.Api;

/// <summary>Waiting with stock tools.</summary>
[Trait("Category", "EndToEnd")]
public sealed class PendingTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [Fact]
    public async Task Get_NotYet_Is503WithRetryAfterAndNoBody()
    {
        var deployment = await fixture.Server.CreateAsync();

        foreach (var path in (string[])
            ["absent?pending=503", "absent?pending=503&wait=1", "?filter=nodes/&count=1&pending=503"])
        {
            var reply = await deployment.GetAsync(path);
            Assert.Equal(
                (503, 0, "1"), (reply.Status, reply.Bytes.Length, reply.Message.Headers.RetryAfter!.ToString()));
        }

        Assert.Equal(400, (await deployment.GetAsync("absent?pending=404")).Status);
    }

    [FactWith("curl")]
    public async Task Curl_RetriesUntilTheValueIsThere_PrintsExactlyIt()
    {
        using var folder = new TempFolder();
        await using var first = await ServerProcess.StartAsync(folder);
        var deployment = await first.CreateAsync();
        using var curl = Process.Start(new ProcessStartInfo("curl")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList =
            {
                "-sS", "-f", "--retry", "100", "--retry-connrefused", "--retry-delay", "1", "--retry-max-time", "1800",
                "-H", "Authorization: Bearer " + deployment.Token,
                $"{first.Address}store/{deployment.Id}/join_token?raw&pending=503&wait=2",
            },
        })!;
        var output = curl.StandardOutput.ReadToEndAsync();

        await Eventually.Async(async () =>
            (await deployment.GetAsync("?values=false")).Json.GetProperty("waiting").GetArrayLength() == 1);

        // The server is stopped in the middle of the wait and comes back, on the same port and with the same data.
        await first.TerminateAsync();
        await using var second = await ServerProcess.StartAsync(folder, ("GOT_WEB_PORT", $"{first.Address.Port}"));
        await deployment.PutAsync("join_token", "K10\nfe8::server:1");

        Assert.Equal("K10\nfe8::server:1", await output);
        await curl.WaitForExitAsync();
        Assert.Equal(0, curl.ExitCode);
    }
}
