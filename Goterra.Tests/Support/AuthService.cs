using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Goterra.Tests.Support;

/// <summary>goterra-auth and the deploy service, played by a small real server.</summary>
public sealed class AuthService : IAsyncDisposable
{
    private readonly WebApplication _app;

    private AuthService(WebApplication app) => _app = app;

    public Uri Address { get; private set; } = null!;

    /// <summary>Every request so far: method, path, and what came as key or token.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    /// <summary>The users by key: the whole answer.</summary>
    public ConcurrentDictionary<string, object> Users { get; } = [];

    /// <summary>The users by session token: the whole answer.</summary>
    public ConcurrentDictionary<string, object> Sessions { get; } = [];

    /// <summary>What the deploy service answers about a namespace.</summary>
    public ConcurrentDictionary<string, object> Namespaces { get; } = [];

    /// <summary>The older version knows POST only.</summary>
    public bool IsOld { get; set; }

    /// <summary>Answers in place of the service, if it is there.</summary>
    public Func<HttpContext, Task>? Instead { get; set; }

    public static async Task<AuthService> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var service = new AuthService(app);
        app.Run(service.AnswerAsync);
        await app.StartAsync();
        service.Address = new Uri(
            app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return service;
    }

    /// <summary>Settings of a server that asks this service, with nobody else allowed.</summary>
    public Dictionary<string, string?> Settings() =>
        new() { ["GOT_FEAT_ANONYMOUS"] = "", ["GOT_PROXY"] = Address.ToString() };

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        var secret = request.Headers["X-API-Key"].ToString();
        if (request.Method == "POST")
            secret = (await JsonDocument.ParseAsync(request.Body)).RootElement.GetProperty("key").GetString()!;
        Requests.Enqueue(
            $"{request.Method} {request.Path} "
            + $"{(secret.Length > 0 ? secret : request.Headers.Authorization.ToString())}");
        if (Instead is { } instead)
        {
            await instead(context);
        }
        else if (request.Path == "/auth/api" && IsOld && request.Method == "GET")
        {
            context.Response.StatusCode = 405;
        }
        else if (request.Path == "/auth/api" && Users.TryGetValue(secret, out var user))
        {
            await context.Response.WriteAsJsonAsync(user);
        }
        else if (request.Path == "/auth/api" && secret.Length == 0
            && request.Headers.Authorization.ToString().Split(' ') is ["Bearer", var token]
            && Sessions.TryGetValue(token, out var session))
        {
            await context.Response.WriteAsJsonAsync(session);
        }
        else if (request.Path.StartsWithSegments("/deploy/ns", out var rest) && Namespaces.TryGetValue(
            rest.Value!.TrimStart('/'), out var ns))
        {
            await context.Response.WriteAsJsonAsync(ns);
        }
        else
        {
            context.Response.StatusCode = 404;
        }
    }
}
