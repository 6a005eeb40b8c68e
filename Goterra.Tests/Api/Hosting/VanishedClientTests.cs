using System.Text.Json;
using Goterra.Core.Model;
using Goterra.Core.Waiting;
using Microsoft.Extensions.DependencyInjection;

namespace Goterra.Tests.Api.Hosting;

/// <summary>A machine is switched off, or its cable cut: no packet says that its connections are over.</summary>
[Trait("Category", "Api")]
public sealed class VanishedClientTests
{
    private const int Waits = 5;

    [RootFactWith("ip", "curl")]
    public async Task CableCut_WaitsAndStreamOfTheMachine_LeaveNothingBehind()
    {
        await using var machine = await RemoteMachine.StartAsync();
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["GOT_WEB_LISTEN"] = machine.Host });
        var deployment = await server.CreateAsync();
        var hub = server.Services.GetRequiredService<ChangeHub>();
        for (var i = 0; i < Waits; i++)
            Curl(machine, deployment, $"/k{i}?wait=10m");
        Curl(machine, deployment, "", "-N", "-H", "Accept: text/event-stream");
        await server.WaitersAsync(Waits);
        await Eventually.Async(() => hub.Watches >= Waits + 1);

        await using (var watcher = await WatchedEvents.OpenAsync(deployment))
        {
            await machine.CutAsync();

            // To the stream there is something under way now that nobody will acknowledge; to the waits there is
            // nothing.
            await deployment.PutAsync("other", "v");
            Assert.Equal("put", (await watcher.NextAsync()).Type);
            for (var i = 0; i < Waits; i++)
                Assert.Equal(
                    "left",
                    JsonDocument.Parse((await watcher.NextAsync()).Data).RootElement.GetProperty("result").GetString());
        }

        await server.WaitersAsync(0);
        Assert.Empty(server.Services.GetRequiredService<WaitRegistry>().List(DeploymentId.Parse(deployment.Id)));
        Assert.Equal((0, 0), (hub.Watches, hub.Deployments));
    }

    private static void Curl(RemoteMachine machine, TestDeployment deployment, string path, params string[] options) =>
        machine.Run(
            "curl",
            ["-sS", "-H", "Authorization: Bearer " + deployment.Token, .. options,
                $"{deployment.Server}store/{deployment.Id}{path}"]);
}
