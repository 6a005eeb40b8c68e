using Goterra.Core.Deployments;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>Translates errors of the Redis library to those of the store.</summary>
internal static class RedisErrors
{
    /// <returns>Null if it is an error of this program.</returns>
    public static StoreUnavailableException? Translate(Exception e) => e switch
    {
        RedisServerException server when CodeOf(server) == "OOM" => new StoreFullException(
            "The store has reached its memory limit (maxmemory) and refuses writes.", e),
        RedisServerException server when IsRefusal(server) => new StoreUnavailableException(
            $"The store refuses this server's commands ({CodeOf(server)}): check redis.user, redis.password and the "
            + "permissions of the user.",
            e),

        // The library's message contains host names, commands and perhaps arguments. It is not passed on.
        _ when IsUnavailable(e) => new StoreUnavailableException(
            "The store cannot be reached or did not answer in time.", e),
        _ => null,
    };

    /// <summary>The credentials do not allow the command.</summary>
    public static bool IsRefusal(RedisServerException e) => CodeOf(e) is "NOPERM" or "NOAUTH" or "WRONGPASS";

    private static bool IsUnavailable(Exception e) => e switch
    {
        RedisConnectionException or RedisTimeoutException or ObjectDisposedException => true,

        // The library refuses to send a write to a server that it knows to be a replica.
        RedisCommandException command => command.Message.Contains("replica", StringComparison.Ordinal),
        RedisServerException server => CodeOf(server)
            is "LOADING" or "READONLY" or "MASTERDOWN" or "CLUSTERDOWN"
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
