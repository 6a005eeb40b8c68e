using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Goterra.Tests.EndToEnd.Hosting;

/// <summary>A server that is stopped while clients use it.</summary>
[Trait("Category", "EndToEnd")]
public sealed class TerminationTests : IDisposable
{
    private const int Connections = 32;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Terminated_UnderLoadOnKeptAliveConnections_AnswersEachRequest()
    {
        await using var server = await ServerProcess.StartAsync(_folder);
        var deployment = await server.CreateAsync();
        var answers = new int[Connections];
        var clients = Enumerable.Range(0, Connections)
            .Select(i => PutUntilRefusedAsync(deployment, i, answers)).ToList();
        await Eventually.Async(() => answers.All(count => count > 20));

        Assert.Equal(0, await server.TerminateAsync());

        Assert.Equal(0, (await Task.WhenAll(clients)).Sum());
    }

    /// <summary>
    /// Sends one request after another over a connection until the server closes it, and reconnects until the server
    /// does not listen any more.
    /// </summary>
    /// <returns>How many requests got no answer.</returns>
    private static async Task<int> PutUntilRefusedAsync(TestDeployment deployment, int number, int[] answers)
    {
        var request = Encoding.ASCII.GetBytes(
            $"PUT /store/{deployment.Id}/k{number} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n"
            + $"Authorization: Bearer {deployment.Token}\r\n\r\nv");
        var buffer = new byte[16 * 1024];
        while (true)
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(deployment.Server.Host, deployment.Server.Port);
            }
            catch (SocketException)
            {
                return 0;
            }

            do
            {
                try
                {
                    await socket.SendAsync(request);
                    if (!await TryReadAnswerAsync(socket, buffer))
                        return 1;
                }
                catch (SocketException)
                {
                    return 1;
                }

                answers[number]++;
            }
            while (!Encoding.ASCII.GetString(buffer).Contains("\r\nConnection: close", StringComparison.Ordinal));
        }
    }

    private static async Task<bool> TryReadAnswerAsync(Socket socket, byte[] buffer)
    {
        const string Length = "\r\nContent-Length: ";
        Array.Clear(buffer);
        for (var read = 0; ;)
        {
            var count = await socket.ReceiveAsync(buffer.AsMemory(read));
            if (count == 0)
                return false;
            read += count;
            var text = Encoding.ASCII.GetString(buffer, 0, read);
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end < 0)
                continue;
            var length = text.IndexOf(Length, StringComparison.Ordinal) is var start and >= 0
                ? int.Parse(text[(start + Length.Length)..].Split('\r')[0], CultureInfo.InvariantCulture)
                : 0;
            var isChunked = text.Contains("\r\nTransfer-Encoding: chunked", StringComparison.Ordinal);
            if (isChunked ? text.EndsWith("\r\n0\r\n\r\n", StringComparison.Ordinal) : read >= end + 4 + length)
                return true;
        }
    }
}
