using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Goterra.Tests.EndToEnd.Hosting;

/// <summary>A network goes down, or a hypervisor: everybody who waited is gone at the same moment.</summary>
[Trait("Category", "EndToEnd")]
public sealed class DisconnectTests : IDisposable
{
    private const int Waits = 500;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Waits_AllHangUpAtOnce_NothingIsLeftAndNothingAlarmingIsLogged()
    {
        await using var server = await ServerProcess.StartAsync(_folder);
        var deployment = await server.CreateAsync();
        var connections = new List<Socket>();
        for (var i = 0; i < Waits; i++)
            connections.Add(await WaitAsync(deployment, $"k{i}"));
        await Eventually.Async(async () => await WaitingAsync(deployment) >= Waits);

        connections.ForEach(connection => connection.Dispose());

        await Eventually.Async(async () => await WaitingAsync(deployment) == 0);
        Assert.Equal(200, (await deployment.PutAsync("k0", "still there")).Status);
        Assert.Equal(0, await server.TerminateAsync());
        var lines = server.Output.Split('\n').Where(line => line.StartsWith('{')).Select(
            line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(
            Waits, lines.Count(line => line.TryGetProperty("StatusCode", out var status) && status.GetInt32() == 499));
        Assert.DoesNotContain(
            lines,
            line => line.TryGetProperty("@x", out _)
                || (line.TryGetProperty("@l", out var level) && level.GetString() is "Error" or "Fatal"));
    }

    [Fact]
    public async Task Put_ClientLeavesDuringTheUpload_NothingAlarmingIsLogged()
    {
        await using var server = await ServerProcess.StartAsync(_folder);
        var deployment = await server.CreateAsync();
        (string Target, string Framing)[] uploads =
        [
            ("PUT /store/ID/k", "Content-Length: 100\r\n\r\nhalf"),
            ("PUT /store/ID/k", "Content-Length: 5000000\r\n\r\nhalf"),
            ("PUT /store/ID/k", "Transfer-Encoding: chunked\r\n\r\n5\r\nha"),
            ("PUT /store/ID", "Content-Length: 100\r\n\r\n{\"key\":"),
            ("POST /store/ID/fail", "Transfer-Encoding: chunked\r\n\r\n5\r\n{"),
        ];
        foreach (var (target, framing) in uploads)
        {
            foreach (var isReset in new[] { false, true })
            {
                using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(deployment.Server.Host, deployment.Server.Port);
                await socket.SendAsync(Encoding.ASCII.GetBytes(
                    target.Replace("ID", deployment.Id, StringComparison.Ordinal)
                    + $" HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {deployment.Token}\r\n"
                    + framing));
                if (isReset)
                    socket.LingerState = new LingerOption(enable: true, seconds: 0);
                else
                    socket.Shutdown(SocketShutdown.Send);
                await Eventually.Async(() => isReset || socket.Poll(0, SelectMode.SelectRead));
            }
        }

        await Eventually.Async(() => Task.FromResult(
            server.Output.Split('\n').Count(line => line.Contains(deployment.Id, StringComparison.Ordinal))
            > uploads.Length));
        Assert.Equal(0, await server.TerminateAsync());
        Assert.DoesNotContain("\"@x\"", server.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\"@l\":\"Error\"", server.Output, StringComparison.Ordinal);
    }

    private static async Task<int> WaitingAsync(TestDeployment deployment) =>
        (await deployment.GetAsync("?values=false")).Json.GetProperty("waiting").GetArrayLength();

    private static async Task<Socket> WaitAsync(TestDeployment deployment, string key)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(deployment.Server.Host, deployment.Server.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            $"GET /store/{deployment.Id}/{key}?wait=10m HTTP/1.1\r\nHost: localhost\r\n"
            + $"Authorization: Bearer {deployment.Token}\r\n\r\n"));
        return socket;
    }
}
