using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Goterra.Api.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Goterra.Tests.Api.Hosting;

/// <summary>Registration with a Consul agent, played by a server that records the exchange.</summary>
[Trait("Category", "Api")]
public sealed class ConsulTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<(string Line, string Token, string Body)> _requests = [];
    private readonly WebApplication _agent = CreateAgent();
    private int _failures;
    private volatile bool _isLost;

    private string AgentUrl =>
        _agent.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    public async Task InitializeAsync()
    {
        _agent.Run(async context =>
        {
            using var body = new StreamReader(context.Request.Body);
            _requests.Enqueue((
                $"{context.Request.Method} {context.Request.Path}",
                context.Request.Headers["X-Consul-Token"].ToString(),
                await body.ReadToEndAsync()));
            context.Response.StatusCode = Interlocked.Decrement(ref _failures) >= 0 ? 500
                : context.Request.Method == "GET" && _isLost ? 404
                : 200;
            _isLost &= context.Request.Method == "GET";
        });
        await _agent.StartAsync();
    }

    public async Task DisposeAsync() => await _agent.DisposeAsync();

    [Fact]
    public async Task Running_WithConsulAgent_IsRegisteredAsTheOriginalWasUntilItStops()
    {
        var id = "";
        await using (var server = await StartAsync())
        {
            await Eventually.Async(() => _requests.Count == 1);
            var (line, token, body) = _requests.Single();
            Assert.Equal(("PUT /v1/agent/service/register", "s3cret"), (line, token));
            var service = JsonDocument.Parse(body).RootElement;
            id = service.GetProperty("ID").GetString()!;
            Assert.Equal(
                ("got-store", "127.0.0.1", server.Address.Port, $"got-store-{Dns.GetHostName()}-{server.Address.Port}"),
                (service.GetProperty("Name").GetString(), service.GetProperty("Address").GetString(),
                    service.GetProperty("Port").GetInt32(), id));
            Assert.Equal(
                [
                    "got", "api", "traefik.backend=got-store", "traefik.frontend.rule=PathPrefix:/store",
                    "traefik.http.routers.got-store.rule=PathPrefix(`/store`)", "traefik.enable=true",
                ],
                service.GetProperty("Tags").EnumerateArray().Select(tag => tag.GetString()!));
            var check = service.GetProperty("Check");
            Assert.Equal("30s", check.GetProperty("Interval").GetString());

            // What the agent does every 30 s.
            using var client = new HttpClient();
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(check.GetProperty("HTTP").GetString())).StatusCode);
            Assert.Equal("/store", new Uri(check.GetProperty("HTTP").GetString()!).AbsolutePath);
        }

        Assert.Equal($"PUT /v1/agent/service/deregister/{id}", _requests.Last().Line);
        Assert.Equal(2, _requests.Count);
    }

    [Fact]
    public async Task Running_AgentFailsAtFirst_RegistersLater()
    {
        _failures = 1;
        await using var server = await StartAsync();
        await Eventually.Async(() => !_requests.IsEmpty);
        Assert.Equal(200, (int)(await server.Client.GetAsync("/store")).StatusCode);

        await Eventually.Async(() => _requests.Count >= 2);

        Assert.Equal("PUT /v1/agent/service/register", _requests.Last().Line);
    }

    [Fact]
    public async Task Running_AgentHasLostTheService_RegistersItAgain()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var server = await StartAsync(time);
        await Eventually.Async(() => _requests.Count == 1);
        var id = JsonDocument.Parse(_requests.Single().Body).RootElement.GetProperty("ID").GetString();
        await Eventually.Async(() =>
        {
            time.Advance(ConsulRegistration.CheckInterval);
            return _requests.Last().Line == $"GET /v1/agent/service/{id}";
        });
        Assert.Single(_requests, request => request.Line.StartsWith("PUT", StringComparison.Ordinal));

        _isLost = true;

        await Eventually.Async(() =>
        {
            time.Advance(ConsulRegistration.CheckInterval);
            return _requests.Count(request => request.Line == "PUT /v1/agent/service/register") == 2;
        });
        Assert.All(_requests, request => Assert.Equal("s3cret", request.Token));
    }

    [Fact]
    public async Task Stopping_AgentIsGone_EndsAllTheSame()
    {
        await using var server = await StartAsync();
        await Eventually.Async(() => _requests.Count == 1);
        await _agent.StopAsync();

        await server.StopAsync();
    }

    private Task<RunningServer> StartAsync(TimeProvider? time = null) => RunningServer.StartAsync(
        new Dictionary<string, string?>
        {
            ["GOT_CONSUL"] = AgentUrl.Replace("http://", "", StringComparison.Ordinal),
            ["CONSUL_HTTP_TOKEN"] = "s3cret",
        },
        time: time);

    private static WebApplication CreateAgent()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        return builder.Build();
    }
}
