using System.Net.Sockets;
using System.Security.Authentication;
using Goterra.Core.Deployments;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>Translates errors of the Redis library to those of the store.</summary>
internal static class RedisErrors
{
    private static readonly string[] Refusals = ["NOAUTH", "WRONGPASS", "NOPERM"];

    /// <summary>What to do about a server that is a replica.</summary>
    public static string ReplicaMessage(RedisOptions options) =>
        options.Sentinel is not null || options.Host.Contains(',', StringComparison.Ordinal)
            ? "The store accepts no writes: its server is a replica. A failover may be under way; retry."
            : "The store is a replica, which accepts no writes: name its master (redis.host), or the sentinels "
                + "(redis.sentinel).";

    /// <returns>Null if it is an error of this program.</returns>
    public static StoreUnavailableException? Translate(Exception e, RedisOptions options) => e switch
    {
        RedisServerException server when IsFull(server) => new StoreFullException(
            "The store has reached its memory limit (maxmemory) and refuses writes.", e),
        RedisServerException server when IsRefusal(server) => new StoreUnavailableException(
            $"The store refuses this server's commands ({CodeOf(server)}): check redis.user, redis.password and the "
            + "permissions of the user.",
            e),

        _ when IsWriteToReplica(e) => new StoreUnavailableException(ReplicaMessage(options), e),

        // The library's message contains host names, commands and perhaps arguments. It is not passed on.
        _ when IsUnavailable(e) => new StoreUnavailableException(
            "The store cannot be reached or did not answer in time.", e),
        _ => null,
    };

    /// <summary>Why the store is unavailable, for operators. Not the library's message: see above.</summary>
    public static string CauseOf(Exception e, RedisOptions options)
    {
        if (e is RedisServerException server)
            return Explained(CodeOf(server), options);

        for (var cause = e; cause is not null; cause = cause.InnerException)
        {
            if (Array.Find(Refusals, code => cause.Message.Contains(code, StringComparison.Ordinal)) is { } refused)
                return Explained(refused, options);
            switch (cause)
            {
                case SocketException socket:
                    return socket.SocketErrorCode == SocketError.ConnectionRefused
                        ? "connection refused"
                        : new SocketException((int)socket.SocketErrorCode).Message.ToLowerInvariant();
                case AuthenticationException:
                    return "TLS: " + cause.Message.TrimEnd('.');
                case RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure }:
                    return "the server refuses redis.user and redis.password";
            }
        }

        return e switch
        {
            RedisCommandException when IsWriteToReplica(e) => Explained("READONLY", options),
            RedisTimeoutException => "no answer in time",
            RedisConnectionException connection => connection.FailureType switch
            {
                ConnectionFailureType.ProtocolFailure => "it does not speak the protocol of Redis",
                _ => "no connection",
            },
            _ => e.GetType().Name,
        };
    }

    private static string Explained(string code, RedisOptions options) => code switch
    {
        // With a wrong password, the library goes on without one.
        "NOAUTH" when options.Password is not null => "it refuses redis.password (NOAUTH)",
        "NOAUTH" => "it requires a password (NOAUTH): set redis.password",
        "WRONGPASS" => "it refuses redis.user and redis.password (WRONGPASS)",
        "NOPERM" => "redis.user lacks permissions (NOPERM)",
        "READONLY" => "it is a replica, which accepts no writes (READONLY)",
        "LOADING" => "it is loading its data (LOADING)",
        _ => code,
    };

    /// <summary>The credentials do not allow the command.</summary>
    public static bool IsRefusal(RedisServerException e) => RefusalOf(e) is not null;

    /// <summary>The code of a refusal; null if the credentials allow the command.</summary>
    public static string? RefusalOf(RedisServerException e) => Array.Find(Refusals, code => code == CodeOf(e));

    /// <summary>The server has no room.</summary>
    public static bool IsFull(RedisServerException e) => CodeOf(e) == "OOM";

    // The library refuses to send a write to a server that it knows to be a replica.
    private static bool IsWriteToReplica(Exception e) => e switch
    {
        RedisCommandException command => command.Message.Contains("replica", StringComparison.Ordinal),
        RedisServerException server => CodeOf(server) == "READONLY",
        _ => false,
    };

    private static bool IsUnavailable(Exception e) => e switch
    {
        RedisConnectionException or RedisTimeoutException or ObjectDisposedException => true,

        RedisServerException server => CodeOf(server)
            is "LOADING" or "MASTERDOWN" or "CLUSTERDOWN"
            or "TRYAGAIN" or "BUSY" or "NOREPLICAS" or "MISCONF",
        _ => false,
    };

    // Before Redis 7, an error in a script has a prefix: "ERR Error running script (call to f_...): @user_script: 12:
    // -OOM command not allowed ...".
    private static string CodeOf(RedisServerException e)
    {
        const string inScript = ": -";
        var at = e.Message.LastIndexOf(inScript, StringComparison.Ordinal);
        return e.Message[(at < 0 ? 0 : at + inScript.Length)..].Split(' ')[0];
    }
}
