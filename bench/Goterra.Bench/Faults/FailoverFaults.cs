using System.Diagnostics;
using System.Globalization;
using Goterra.Bench.Servers;

namespace Goterra.Bench.Faults;

/// <summary>Fail-over by a sentinel over TLS, and the resharding of a cluster.</summary>
internal static class FailoverFaults
{
    private const string Service = "goterra";
    private const int Slots = 16384;
    private const int Nodes = 3;
    private const StringComparison Ordinal = StringComparison.Ordinal;

    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan RecheckInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(3);

    public static IReadOnlyList<Fault> All { get; } =
    [
        new("Sentinel over TLS, min_replicas 1: planned failover, twice",
            program => WithSentinelAsync(program, async (_, sentinel) =>
            {
                await sentinel("SENTINEL", "FAILOVER", Service);
                await Task.Delay(Settled, TimeProvider.System);
                await sentinel("SENTINEL", "FAILOVER", Service);
                await Task.Delay(Settled, TimeProvider.System);
            })),
        new("Sentinel over TLS, min_replicas 1: kill -9 of the master, which comes back after 10 s",
            program => WithSentinelAsync(program, async (master, _) =>
            {
                await master.CrashAsync(TimeSpan.FromSeconds(10));
                await Task.Delay(Settled, TimeProvider.System);
            })),
        new("Cluster of three masters: all slots of a node moved to the next one, three times", ReshardAsync),
    ];

    private static async Task<CheckResult> WithSentinelAsync(
        string program, Func<ServerProcess, Func<string, string, string, Task<string>>, Task> fault)
    {
        var folder = Directory.CreateTempSubdirectory("goterra-bench-tls-").FullName;
        try
        {
            await ExecuteAsync(program, "make-certificate", "--out", folder, "127.0.0.1", "localhost");
            string[] tls =
            [
                "--tls-cert-file", Path.Combine(folder, "goterra-server.pem"),
                "--tls-key-file", Path.Combine(folder, "goterra-server.key"),
                "--tls-ca-cert-file", Path.Combine(folder, "goterra-ca.pem"),
                "--tls-auth-clients", "no", "--tls-replication", "yes", "--port", "0",
            ];
            using var master = await StartRedisAsync(tls, "--repl-diskless-sync-delay", "0");
            using var replica = await StartRedisAsync(
                tls, "--replicaof", "127.0.0.1", $"{master.EndPoint.Port}", "--repl-diskless-sync-delay", "0");
            var configuration = Path.Combine(folder, "sentinel.conf");
            await File.WriteAllTextAsync(
                configuration,
                $"""
                sentinel monitor {Service} 127.0.0.1 {master.EndPoint.Port} 1
                sentinel down-after-milliseconds {Service} 1000
                sentinel failover-timeout {Service} 3000

                """);
            using var sentinel = await ServerProcess.StartAsync(
                Find("redis-server"),
                (at, port) => [configuration, "--sentinel", "--dir", at, "--tls-port", $"{port.Port}", .. tls]);
            Task<string> Command(string one, string two, string three) => ExecuteAsync(
                Find("redis-cli"), "--tls", "--cacert", Path.Combine(folder, "goterra-ca.pem"),
                "-p", $"{sentinel.EndPoint.Port}", one, two, three);
            await UntilAsync(async () =>
                (await Command("SENTINEL", "REPLICAS", Service)).Contains("master-link-status\nok", Ordinal));

            using var server = await GoterraStore.LaunchAsync(
                program,
                new Dictionary<string, string>(GoterraStore.On(sentinel.EndPoint))
                {
                    ["GOT_REDIS_SENTINEL"] = Service,
                    ["GOT_REDIS_TLS"] = "true",
                    ["GOT_REDIS_MIN_REPLICAS"] = "1",
                    ["SSL_CERT_FILE"] = Path.Combine(folder, "goterra-ca.pem"),
                });
            using var checker = new Checker([server.EndPoint]);
            return await checker.RunAsync(() => fault(master, Command));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<CheckResult> ReshardAsync(string program)
    {
        var nodes = new List<ServerProcess>();
        try
        {
            for (var i = 0; i < Nodes; i++)
                nodes.Add(await ServerProcess.StartAsync(Find("redis-server"), (folder, at) =>
                [
                    "--port", $"{at.Port}", "--bind", "127.0.0.1", "--dir", folder, "--save", "",
                    "--appendonly", "yes", "--appendfsync", "always",
                    "--cluster-enabled", "yes", "--cluster-port", $"{Programs.FreeEndPoint().Port}",
                ]));
            Task<string> At(ServerProcess node, params string[] command) => ExecuteAsync(
                Find("redis-cli"), ["-p", $"{node.EndPoint.Port}", .. command]);
            for (var i = 0; i < Nodes; i++)
            {
                await At(nodes[i], "CLUSTER", "ADDSLOTSRANGE", Number(i * Slots / Nodes),
                    Number(((i + 1) * Slots / Nodes) - 1));
                var bus = (await At(nodes[i], "CONFIG", "GET", "cluster-port")).Trim().Split('\n')[^1];
                if (i > 0)
                    await At(nodes[0], "CLUSTER", "MEET", "127.0.0.1", $"{nodes[i].EndPoint.Port}", bus);
            }

            foreach (var node in nodes)
                await UntilAsync(async () => await At(node, "CLUSTER", "INFO") is var info
                    && info.Contains("cluster_state:ok", Ordinal)
                    && info.Contains($"cluster_known_nodes:{Nodes}", Ordinal));
            var ids = await Task.WhenAll(nodes.Select(async node => (await At(node, "CLUSTER", "MYID")).Trim()));

            using var server = await GoterraStore.LaunchAsync(program, new Dictionary<string, string>(
                GoterraStore.On(nodes[0].EndPoint))
            {
                ["GOT_REDIS_HOST"] = string.Join(',', nodes.Select(node => $"{node.EndPoint}")),
            });
            using var checker = new Checker([server.EndPoint]);
            return await checker.RunAsync(async () =>
            {
                for (var i = 0; i < Nodes; i++)
                    await ExecuteAsync(
                        Find("redis-cli"), "--cluster", "reshard", $"{nodes[0].EndPoint}", "--cluster-yes",
                        "--cluster-from", ids[i], "--cluster-to", ids[(i + 1) % Nodes],
                        "--cluster-slots", Number((Slots / Nodes) - 1));
            });
        }
        finally
        {
            nodes.ForEach(node => node.Dispose());
        }
    }

    private static Task<ServerProcess> StartRedisAsync(string[] tls, params string[] options) =>
        ServerProcess.StartAsync(Find("redis-server"), (folder, at) =>
        [
            "--tls-port", $"{at.Port}", "--bind", "127.0.0.1", "--dir", folder, "--save", "",
            "--appendonly", "yes", "--appendfsync", "always", .. tls, .. options,
        ]);

    private static string Find(string program) =>
        Programs.Find(program) ?? throw new IOException($"{program} is not installed.");

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static async Task UntilAsync(Func<Task<bool>> isReached)
    {
        for (var start = TimeProvider.System.GetTimestamp(); !await isReached();)
        {
            if (TimeProvider.System.GetElapsedTime(start) > Deadline)
                throw new IOException("The servers of the fault did not become ready.");
            await Task.Delay(RecheckInterval, TimeProvider.System);
        }
    }

    private static async Task<string> ExecuteAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })
            ?? throw new IOException($"{program} did not start.");
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? await output
            : throw new IOException(
                $"{Path.GetFileName(program)} ended with {process.ExitCode}: {await output} {await error}");
    }
}
