using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Goterra.Api.Configuration;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Goterra.Api.Hosting;

/// <summary>
/// Registers this instance with a Consul agent as the service got-store while it runs: with an HTTP check of /store,
/// and the tags by which Traefik routes to it.
/// </summary>
/// <remarks>Agent API: https://developer.hashicorp.com/consul/api-docs/agent/service.</remarks>
internal sealed partial class ConsulRegistration(
    ServerOptions options, IServer server, IHostApplicationLifetime lifetime, TimeProvider time,
    ILogger<ConsulRegistration> logger) : BackgroundService
{
    private const string Name = "got-store";
    private const string Path = "/store";
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(10);

    // The host waits 1.5 s for all services.
    private static readonly TimeSpan DeregistrationTimeout = TimeSpan.FromSeconds(1);

    private readonly HttpClient _agent = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false })
    {
        BaseAddress = options.Consul?.Agent,
        Timeout = TimeSpan.FromSeconds(5),
    };

    private string? _id;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (_id is not { } id)
            return;

        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        end.CancelAfter(DeregistrationTimeout);
        if (await TryPutAsync($"v1/agent/service/deregister/{Uri.EscapeDataString(id)}", null, end.Token) is { } error)
            Log.NotDeregistered(logger, _agent.BaseAddress, error);
    }

    public override void Dispose()
    {
        _agent.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The port is not known earlier.
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken);

        var (id, body) = Describe();
        using var timer = new PeriodicTimer(RetryInterval, time);
        for (var reported = false; ; reported = true)
        {
            _id = id;
            if (await TryPutAsync("v1/agent/service/register", body, stoppingToken) is not { } error)
                break;
            if (!reported && !stoppingToken.IsCancellationRequested)
                Log.NotRegistered(logger, _agent.BaseAddress, error);
            await timer.WaitForNextTickAsync(stoppingToken);
        }

        Log.Registered(logger, Name, id, _agent.BaseAddress);
    }

    private (string Id, string Body) Describe()
    {
        var listening = new Uri(server.Features.Get<IServerAddressesFeature>()!.Addresses.First());
        var isAny = options.Web.Listen.Equals(IPAddress.Any) || options.Web.Listen.Equals(IPAddress.IPv6Any);
        var host = isAny ? Dns.GetHostName() : options.Web.Listen.ToString();
        var id = $"{Name}-{Dns.GetHostName()}-{listening.Port}";
        return (id, new JsonObject
        {
            ["ID"] = id,
            ["Name"] = Name,
            ["Address"] = host,
            ["Port"] = listening.Port,
            ["Tags"] = new JsonArray(
                "got", "api", $"traefik.backend={Name}", $"traefik.frontend.rule=PathPrefix:{Path}",
                $"traefik.http.routers.{Name}.rule=PathPrefix(`{Path}`)", "traefik.enable=true"),
            ["Check"] = new JsonObject
            {
                ["CheckID"] = id,
                ["HTTP"] = new UriBuilder(listening.Scheme, host, listening.Port, Path).Uri.AbsoluteUri,
                ["Interval"] = "30s",
            },
        }.ToJsonString());
    }

    /// <returns>The error; null if there is none.</returns>
    private async Task<string?> TryPutAsync(string path, string? body, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, path);
            if (body is not null)
                request.Content = new StringContent(body, Encoding.UTF8, "application/json");
            if (options.Consul?.Token is { } token)
                request.Headers.TryAddWithoutValidation("X-Consul-Token", token.Value);
            using var response = await _agent.SendAsync(request, cancellationToken);
            return response.IsSuccessStatusCode ? null : $"HTTP status {(int)response.StatusCode}";
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return e is HttpRequestException ? e.Message : "it does not answer";
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Registered in Consul: {Service} ({Id}), at {Agent}")]
        public static partial void Registered(ILogger logger, string service, string id, Uri? agent);

        [LoggerMessage(LogLevel.Warning, "Not registered in Consul ({Agent}): {Error}. Retrying every 10 s.")]
        public static partial void NotRegistered(ILogger logger, Uri? agent, string error);

        [LoggerMessage(
            LogLevel.Warning,
            "Not deregistered from Consul ({Agent}): {Error}. Its check will mark the service critical.")]
        public static partial void NotDeregistered(ILogger logger, Uri? agent, string error);
    }
}
