using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>What the library needs to know to connect to each kind of store.</summary>
internal static class RedisConfiguration
{
    /// <summary>A server, the nodes of a cluster, or the sentinels themselves.</summary>
    public static ConfigurationOptions For(RedisOptions redis)
    {
        var configuration = Basic();
        foreach (var host in redis.Host.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            configuration.EndPoints.Add(EndPointOf(host, redis.Port));
        return Secured(configuration, redis);
    }

    /// <summary>Whoever is the master: the route knows where it is.</summary>
    public static ConfigurationOptions For(RedisOptions redis, SentinelRoute route)
    {
        var configuration = Basic();
        configuration.EndPoints.Add(new DnsEndPoint(route.Service, redis.Port));
        configuration.Tunnel = route;
        configuration.TieBreaker = "";

        // Without a sentinel the first attempt takes all of its time; the others are made while the server runs.
        configuration.ConnectRetry = 1;

        // How often it is looked whether the master still says that it is one.
        configuration.ConfigCheckSeconds = 5;
        configuration.SslClientAuthenticationOptions = _ => new SslClientAuthenticationOptions { TargetHost = route.MasterHost };
        return Secured(configuration, redis);
    }

    private static ConfigurationOptions Basic() => new()
    {
        AbortOnConnectFail = false,
        ConnectTimeout = 5000,
        AsyncTimeout = 5000,
        ClientName = "goterra-store",

        // Waits and writes wait for it: the default takes ever longer.
        ReconnectRetryPolicy = new LinearRetry(1000),

        // A call that can't be made now fails now: the caller is told to come back, and no write is sent later behind its back.
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
            ?? throw new FormatException($"'{host}' is no host.");
    }
}
