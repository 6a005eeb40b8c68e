using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using Goterra.Api.Monitoring;
using Goterra.Api.Tls;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Goterra.Tests.Api.Hosting;

/// <summary>The metrics of a process are those of all servers in it: no other one may run beside these.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessMetrics
{
    public const string Name = "Metrics";
}

[Trait("Category", "Api")]
[Collection(ProcessMetrics.Name)]
public sealed class MetricsTests
{
    private static readonly Dictionary<string, string?> FreePort = new() { ["GOT_METRICS_PORT"] = "0" };

    [Fact]
    public async Task Metrics_AfterRequests_TellWhatHappenedWithoutNames()
    {
        await using var server = await RunningServer.StartAsync(FreePort);
        var deployment = await server.CreateAsync();
        var waiting = deployment.GetAsync("a-secret-name?wait=1m");
        await server.WaitersAsync(1);
        var during = await ScrapeAsync(server);
        await deployment.PutAsync("a-secret-name", "a-secret-value");
        Assert.Equal(200, (await waiting).Status);
        Assert.Equal(401, (int)(await server.Client.GetAsync($"/store/{deployment.Id}")).StatusCode);

        string[] expected =
        [
            "goterra_wait_duration_seconds_count{result=\"met\"} ",
            "goterra_wait_wakeup_duration_seconds_count{} ",
            "goterra_store_duration_seconds_count{operation=\"read\"} ",
            "goterra_store_duration_seconds_count{operation=\"write\"} ",
            "goterra_sqlite_commit_duration_seconds_count{} ",
            "goterra_sqlite_queue_duration_seconds_count{} ",
            "goterra_sqlite_queue_length{} 0",
            "goterra_store_failing{} 0",
            "goterra_credentials_refused_total{status=\"401\"} ",
            "goterra_deployments{state=\"active\"} ",
            "goterra_store_size_bytes{} ",
            "goterra_watches_limit{} ",
            "http_route=\"store/{id}/{**key}\"",
            "kestrel_active_connections{",
            "dotnet_process_memory_working_set_bytes{} ",
        ];
        var text = "";
        await Eventually.Async(async () =>
        {
            text = await ScrapeAsync(server);
            return expected.All(metric => text.Contains(metric, StringComparison.Ordinal));
        });
        Assert.Contains("goterra_waits_open{} 1", during, StringComparison.Ordinal);
        Assert.All(
            new[] { deployment.Id, deployment.Token, "a-secret-name", "a-secret-value" },
            secret => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Metrics_RefusedByALimit_CountsItByName()
    {
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?>(FreePort) { ["GOT_LIMITS_VALUE_BYTES"] = "1" });
        var deployment = await server.CreateAsync();
        Assert.Equal(413, (await deployment.PutAsync("k", "too long")).Status);

        Assert.Contains(
            "goterra_requests_limited_total{limit=\"value_bytes\"} ", await ScrapeAsync(server),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_WithToken_RequireIt()
    {
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?>(FreePort) { ["GOT_METRICS_TOKEN"] = "let-me-see" });
        using var client = new HttpClient();
        var address = AddressOf(server);

        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync(address)).StatusCode);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "let-me-see?");
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync(address)).StatusCode);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "let-me-see");
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(address)).StatusCode);
    }

    [Fact]
    public async Task Metrics_WithClientCa_RequireACertificateOfIt()
    {
        using var folder = new TempFolder();
        using var monitoring = new TestAuthority("Monitoring CA");
        using var other = new TestAuthority("Another CA");
        var certificates = new TrialCertificates(folder.File("tls"), TimeProvider.System);
        certificates.Create(["localhost"]);
        await using var server = await RunningServer.StartAsync(new Dictionary<string, string?>(FreePort)
        {
            ["GOT_WEB_TLS_CERTIFICATE"] = certificates.CertificatePath,
            ["GOT_WEB_TLS_KEY"] = certificates.KeyPath,
            ["GOT_WEB_TLS_CLIENT_CA"] = monitoring.Path,
        });

        const string clientAuth = "1.3.6.1.5.5.7.3.2";
        using var known = monitoring.Issue("prometheus", purpose: clientAuth);
        using var unknown = other.Issue("prometheus", purpose: clientAuth);
        Assert.True(await IsServedAsync(server, known));
        Assert.False(await IsServedAsync(server, unknown));
        Assert.False(await IsServedAsync(server, certificate: null));

        // Clients of the API need none.
        using var client = Client(certificate: null);
        using var response = await client.GetAsync($"https://localhost:{server.Address.Port}/store");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Metrics_NotConfigured_AreNowhere()
    {
        await using var server = await RunningServer.StartAsync();

        Assert.Null(server.Services.GetService<MetricsServer>());
        Assert.Equal(404, (int)(await server.Client.GetAsync("/metrics")).StatusCode);
    }

    [Fact]
    public async Task Otlp_WithEndpoint_ReceivesMetricsAndTraces()
    {
        var paths = new ConcurrentDictionary<string, bool>();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var collector = builder.Build();
        collector.Run(context =>
        {
            paths[context.Request.Path] = true;
            return Task.CompletedTask;
        });
        await collector.StartAsync();

        await using var server = await RunningServer.StartAsync(new Dictionary<string, string?>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Urls.Single(),
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "100",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "100",
        });
        await server.CreateAsync();

        await Eventually.Async(() => paths.ContainsKey("/v1/metrics") && paths.ContainsKey("/v1/traces"));
    }

    private static Uri AddressOf(RunningServer server) =>
        server.Services.GetRequiredService<MetricsServer>().Address!;

    private static async Task<string> ScrapeAsync(RunningServer server)
    {
        using var client = new HttpClient();
        return await client.GetStringAsync(AddressOf(server));
    }

    private static async Task<bool> IsServedAsync(RunningServer server, X509Certificate2? certificate)
    {
        using var client = Client(certificate);
        try
        {
            using var response = await client.GetAsync(AddressOf(server));
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static HttpClient Client(X509Certificate2? certificate)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, presented, _, _) => presented is not null;
        if (certificate is not null)
            handler.SslOptions.ClientCertificates = [certificate];
        return new HttpClient(handler);
    }
}
