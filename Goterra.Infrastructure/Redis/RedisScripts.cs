using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>
/// The Lua scripts, each with the functions of the prologue that it calls. A script names all its keys, and Redis
/// applies it as a whole. A full store refuses a script at its first write, unless that one is a removal.
/// </summary>
internal static class RedisScripts
{
    public static readonly RedisScript Create = Load("create", writes: true);
    public static readonly RedisScript Created = Load("created", writes: true);
    public static readonly RedisScript Claim = Load("claim", writes: true);
    public static readonly RedisScript Find = Load("find");
    public static readonly RedisScript Read = Load("read");
    public static readonly RedisScript List = Load("list");
    public static readonly RedisScript Count = Load("count");
    public static readonly RedisScript Events = Load("events");
    public static readonly RedisScript Fail = Load("fail", writes: true);
    public static readonly RedisScript Resume = Load("resume", writes: true);
    public static readonly RedisScript Put = Load("put", writes: true);
    public static readonly RedisScript Remove = Load("remove", writes: true);
    public static readonly RedisScript Renew = Load("renew", writes: true);
    public static readonly RedisScript ExpireLease = Load("expirelease");
    public static readonly RedisScript Lease = Load("lease");
    public static readonly RedisScript Due = Load("due");
    public static readonly RedisScript Delete = Load("delete", writes: true);
    public static readonly RedisScript Expire = Load("expire");
    public static readonly RedisScript Ownership = Load("ownership");
    public static readonly RedisScript Mint = Load("mint", writes: true);
    public static readonly RedisScript Ticket = Load("ticket", writes: true);
    public static readonly RedisScript Redeem = Load("redeem", writes: true);
    public static readonly RedisScript Tickets = Load("tickets");
    public static readonly RedisScript RevokeTicket = Load("revoketicket", writes: true);
    public static readonly RedisScript EndWaits = Load("endwaits");
    public static readonly RedisScript Summary = Load("summary");
    public static readonly RedisScript NamespaceEpoch = Load("nsepoch", writes: true);
    public static readonly RedisScript NamespaceRevoke = Load("nsrevoke", writes: true);
    public static readonly RedisScript Board = Load("board");

    private static RedisScript Load(string name, bool writes = false)
    {
        var text = Text(name);
        return new RedisScript(name, LuaFunctions.CalledBy(text) + text, writes);
    }

    public static string Text(string name)
    {
        using var stream = typeof(RedisScripts).Assembly.GetManifestResourceStream(name + ".lua")
            ?? throw new InvalidOperationException($"The script {name}.lua is not in this assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}

/// <summary>A script and its SHA-1, by which the server knows it.</summary>
internal sealed class RedisScript(string name, string text, bool writes)
{
    public string Name { get; } = name;

    /// <summary>Writes what a client was promised. Housekeeping does not count.</summary>
    public bool Writes { get; } = writes;

    private string Text { get; } = text;

    // Required by the protocol, not a security measure.
#pragma warning disable CA5350
    private byte[] Hash { get; } = SHA1.HashData(Encoding.UTF8.GetBytes(text));
#pragma warning restore CA5350

    // By hash: given the text, the library checks on every call whether the server knows the script, a quarter of the
    // cost of a call.
    public async Task<RedisResult> EvaluateAsync(IDatabase db, RedisKey[] names, RedisValue[] arguments)
    {
        try
        {
            return await db.ScriptEvaluateAsync(Hash, names, arguments);
        }
        catch (RedisServerException e) when (e.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            // The server does not know the script and did nothing. Sending the text runs and caches it.
            return await db.ScriptEvaluateAsync(Text, names, arguments);
        }
    }
}
