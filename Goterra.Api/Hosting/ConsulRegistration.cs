using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Goterra.Api.Configuration;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Goterra.Api.Hosting;

/// <summary>
/// Registers this instance with a Consul agent as the service got-store while it runs: with an HTTP check of /store,
/// and the tags by which Traefik routes to it. An agent that has lost the registration, as by a restart, gets it again.
/// </summary>
/// <remarks>Agent API: https://developer.hashicorp.com/consul/api-docs/agent/service.</remarks>
internal sealed partial class ConsulRegistration(
    ServerOptions options, IServer server, IHostApplicationLifetime lifetime, TimeProvider time,
    ILogger<ConsulRegistration> logger) : BackgroundService
{
    private const string Name = "got-store";
    private const string Path = "/store";
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(10);

    /// <summary>The interval of the agent's check, and of the check that it still knows the service.</summary>
    public static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(30);

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
        var path = $"v1/agent/service/deregister/{Uri.EscapeDataString(id)}";
        if (await TrySendAsync(HttpMethod.Put, path, null, end.Token) is { Error: { } error })
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
        while (true)
        {
            await RegisterAsync(id, body, stoppingToken);
            using var timer = new PeriodicTimer(CheckInterval, time);
            do
                await timer.WaitForNextTickAsync(stoppingToken);
            while (!await IsLostAsync(id, stoppingToken));
            Log.Lost(logger, id, _agent.BaseAddress);
        }
    }

    private async Task RegisterAsync(string id, string body, CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(RetryInterval, time);
        for (var reported = false; ; reported = true)
        {
            _id = id;
            if (await TrySendAsync(HttpMethod.Put, "v1/agent/service/register", body, stoppingToken) is not
                { Error: { } error })
                break;
            if (!reported && !stoppingToken.IsCancellationRequested)
                Log.NotRegistered(logger, _agent.BaseAddress, error);
            await timer.WaitForNextTickAsync(stoppingToken);
        }

        Log.Registered(logger, Name, id, _agent.BaseAddress);
    }

    // Registering again would reset the state of the check, so the agent is asked first. One that is down may be back
    // with its services.
    private async Task<bool> IsLostAsync(string id, CancellationToken cancellationToken) =>
        await TrySendAsync(HttpMethod.Get, $"v1/agent/service/{Uri.EscapeDataString(id)}", null, cancellationToken)
            is { Status: HttpStatusCode.NotFound };

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
                ["Interval"] = $"{CheckInterval.TotalSeconds:0}s",
            },
        }.ToJsonString());
    }

    private async Task<(HttpStatusCode? Status, string? Error)> TrySendAsync(
        HttpMethod method, string path, string? body, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(method, path);
            if (body is not null)
                request.Content = new StringContent(body, Encoding.UTF8, "application/json");
            if (options.Consul?.Token is { } token)
                request.Headers.TryAddWithoutValidation("X-Consul-Token", token.Value);
            using var response = await _agent.SendAsync(request, cancellationToken);
            return (
                response.StatusCode,
                response.IsSuccessStatusCode ? null : $"HTTP status {(int)response.StatusCode}");
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return (null, e is HttpRequestException ? e.Message : "it does not answer");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Registered in Consul: {Service} ({Id}), at {Agent}")]
        public static partial void Registered(ILogger logger, string service, string id, Uri? agent);

        [LoggerMessage(LogLevel.Warning, "Consul ({Agent}) no longer knows the service {Id}. Registering it again.")]
        public static partial void Lost(ILogger logger, string id, Uri? agent);

        [LoggerMessage(LogLevel.Warning, "Not registered in Consul ({Agent}): {Error}. Retrying every 10 s.")]
        public static partial void NotRegistered(ILogger logger, Uri? agent, string error);

        [LoggerMessage(
            LogLevel.Warning,
            "Not deregistered from Consul ({Agent}): {Error}. Its check will mark the service critical.")]
        public static partial void NotDeregistered(ILogger logger, Uri? agent, string error);
    }
}
