using System.Security.Cryptography;
using System.Text;

namespace Goterra.Infrastructure.Store;

/// <summary>The Lua scripts, each with the prologue before it. A script names all its keys and writes so that every prefix of it is harmless.</summary>
internal static class StoreScripts
{
    public static readonly StoreScript Create = Load("create");
    public static readonly StoreScript Find = Load("find");
    public static readonly StoreScript Read = Load("read");
    public static readonly StoreScript List = Load("list");
    public static readonly StoreScript Count = Load("count");
    public static readonly StoreScript Events = Load("events");
    public static readonly StoreScript State = Load("state");
    public static readonly StoreScript Put = Load("put");
    public static readonly StoreScript Remove = Load("remove");
    public static readonly StoreScript Renew = Load("renew");
    public static readonly StoreScript Lapse = Load("lapse");
    public static readonly StoreScript Lease = Load("lease");
    public static readonly StoreScript Due = Load("due");
    public static readonly StoreScript Delete = Load("delete");
    public static readonly StoreScript Expire = Load("expire");
    public static readonly StoreScript Ownership = Load("ownership");
    public static readonly StoreScript Mint = Load("mint");
    public static readonly StoreScript Ticket = Load("ticket");
    public static readonly StoreScript Redeem = Load("redeem");
    public static readonly StoreScript Summary = Load("summary");
    public static readonly StoreScript NamespaceEpoch = Load("nsepoch");
    public static readonly StoreScript NamespaceRevoke = Load("nsrevoke");

    private static StoreScript Load(string name) => new(Text("prologue") + Text(name));

    private static string Text(string name)
    {
        using var stream = typeof(StoreScripts).Assembly.GetManifestResourceStream(name + ".lua")
            ?? throw new InvalidOperationException($"The script {name}.lua is not in this assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}

/// <summary>A script, and the hash by which a server that has seen it once knows it.</summary>
internal sealed class StoreScript(string text)
{
    public string Text { get; } = text;

    // The name that the protocol gives it, not a safeguard.
#pragma warning disable CA5350
    public byte[] Hash { get; } = SHA1.HashData(Encoding.UTF8.GetBytes(text));
#pragma warning restore CA5350
}
