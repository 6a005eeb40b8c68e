using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>Client configuration for each kind of Redis deployment.</summary>
internal static class RedisConfiguration
{
    /// <summary>A server, the nodes of a cluster, or the sentinels themselves.</summary>
    public static ConfigurationOptions For(RedisOptions redis)
    {
        var configuration = Basic();
        const StringSplitOptions options = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;
        foreach (var host in redis.Host.Split(',', options))
            configuration.EndPoints.Add(EndPointOf(host, redis.Port));
        return Secured(configuration, redis);
    }

    /// <summary>The current master, which the route finds through the sentinels.</summary>
    public static ConfigurationOptions For(RedisOptions redis, SentinelRoute route)
    {
        var configuration = Basic();
        configuration.EndPoints.Add(new DnsEndPoint(route.Service, redis.Port));
        configuration.Tunnel = route;
        configuration.TieBreaker = "";

        // Without a sentinel the first attempt takes its full timeout. Later attempts run in the background.
        configuration.ConnectRetry = 1;

        // How often the master is asked whether it still is one.
        configuration.ConfigCheckSeconds = 5;
        configuration.SslClientAuthenticationOptions = _ =>
            new SslClientAuthenticationOptions { TargetHost = route.MasterHost };
        return Secured(configuration, redis);
    }

    private static ConfigurationOptions Basic() => new()
    {
        AbortOnConnectFail = false,
        ConnectTimeout = 5000,
        AsyncTimeout = 5000,
        ClientName = "goterra-store",

        // For INFO and CONFIG GET: RedisServerCheck.
        AllowAdmin = true,

        // The default backs off up to a minute. Waits and writes depend on the connection.
        ReconnectRetryPolicy = new LinearRetry(1000),

        // Fail fast: the client gets an error and retries, and no write is sent later without its knowledge.
        BacklogPolicy = BacklogPolicy.FailFast,
    };

    private static ConfigurationOptions Secured(ConfigurationOptions configuration, RedisOptions redis)
    {
        configuration.User = redis.User;
        configuration.Password = redis.Password;
        configuration.Ssl = redis.Tls;
        return configuration;
    }

    private static EndPoint EndPointOf(string host, int port)
    {
        if (host.StartsWith('/'))
            return new UnixDomainSocketEndPoint(host);
        return EndPointCollection.TryParse(host.Contains(':', StringComparison.Ordinal) ? host : $"{host}:{port}")
            ?? throw new FormatException($"'{host}' is not a valid host.");
    }
}
