using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Goterra.Bench.Servers;

namespace Goterra.Bench.Measurements;

/// <summary>
/// Many machines connect at once with TLS, and each makes its first request: of the embedded store, and of an empty
/// endpoint with the same certificate. The generator runs on the same machine, and its handshakes cost as much.
/// </summary>
internal sealed class TlsStorm(IPEndPoint server, byte[] request)
{
    public static async Task<TlsStormRow> RunAsync(BenchOptions options)
    {
        var clients = options.Quick ? 200 : Math.Min(2_000, OpenFiles.ForConnections);
        var folder = Directory.CreateTempSubdirectory("goterra-bench-tls-");
        try
        {
            await MakeCertificateAsync(options.Store, folder.FullName);
            var (certificate, key) = (Path.Combine(folder.FullName, "goterra-server.pem"),
                Path.Combine(folder.FullName, "goterra-server.key"));
            using var store = await GoterraStore.StartWithTlsAsync(options.Store, certificate, key);
            using var empty = await EmptyEndpoint.StartWithTlsAsync(certificate, key);
            await new TlsStorm(store.EndPoint, store.PutOf("key-0")).MeasureAsync(1);
            var ofStore = new TlsStorm(store.EndPoint, store.GetOf("key-0"));
            var ofEmpty = new TlsStorm(empty.EndPoint, empty.GetOf("key-0"));
            var (stores, empties) = (new List<TimeSpan>(), new List<TimeSpan>());

            // The first round warms both up. The order alternates: the second one of a pair has a warmer generator.
            for (var round = 0; round <= 2 * options.Rounds; round++)
            {
                var (first, second) = round % 2 == 0 ? (ofStore, ofEmpty) : (ofEmpty, ofStore);
                var (one, two) = (await first.MeasureAsync(clients), await second.MeasureAsync(clients));
                if (round == 0)
                    continue;
                stores.Add(first == ofStore ? one : two);
                empties.Add(first == ofStore ? two : one);
            }

            return new TlsStormRow(clients, Median(stores), Median(empties));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static TimeSpan Median(List<TimeSpan> times) => times.Order().ElementAt(times.Count / 2);

    /// <returns>Until the last client has its answer.</returns>
    private async Task<TimeSpan> MeasureAsync(int clients)
    {
        var start = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(AskAsync)));
        return TimeProvider.System.GetElapsedTime(start);
    }

    private async Task AskAsync()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server);
        await using var stream = new SslStream(new NetworkStream(socket));
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",

            // Each machine is a new one.
            AllowTlsResume = false,
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
        });
        await stream.WriteAsync(request);
        var answer = new byte[4096];
        var length = await stream.ReadAsync(answer);
        if (!answer.AsSpan(0, length).StartsWith("HTTP/1.1 200"u8))
            throw new IOException($"{server} does not answer a request with 200.");
    }

    private static async Task MakeCertificateAsync(string store, string folder)
    {
        using var process = Process.Start(new ProcessStartInfo(store, ["make-certificate", "--out", folder])
        {
            RedirectStandardOutput = true,
        }) ?? throw new IOException($"{store} did not start.");
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new IOException("goterra-store make-certificate failed.");
    }
}

/// <param name="Store">Until the last client had its answer; median of the rounds.</param>
/// <param name="Empty">The same of the empty endpoint.</param>
internal sealed record TlsStormRow(int Clients, TimeSpan Store, TimeSpan Empty)
{
    public double Ratio => Store / Empty;
}
