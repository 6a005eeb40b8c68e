namespace Goterra.Infrastructure.Store;

/// <summary>The Lua scripts, each with the prologue before it. A script names all its keys and writes so that every prefix of it is harmless.</summary>
internal static class StoreScripts
{
    public static readonly string Create = Load("create");
    public static readonly string Find = Load("find");
    public static readonly string Read = Load("read");
    public static readonly string List = Load("list");
    public static readonly string Count = Load("count");
    public static readonly string Events = Load("events");
    public static readonly string State = Load("state");
    public static readonly string Put = Load("put");
    public static readonly string Remove = Load("remove");
    public static readonly string Renew = Load("renew");
    public static readonly string Lapse = Load("lapse");
    public static readonly string Lease = Load("lease");
    public static readonly string Due = Load("due");
    public static readonly string Delete = Load("delete");
    public static readonly string Expire = Load("expire");
    public static readonly string Ownership = Load("ownership");
    public static readonly string Mint = Load("mint");
    public static readonly string Ticket = Load("ticket");
    public static readonly string Redeem = Load("redeem");
    public static readonly string Summary = Load("summary");
    public static readonly string NamespaceEpoch = Load("nsepoch");
    public static readonly string NamespaceRevoke = Load("nsrevoke");

    private static string Load(string name) => Text("prologue") + Text(name);

    private static string Text(string name)
    {
        using var stream = typeof(StoreScripts).Assembly.GetManifestResourceStream(name + ".lua")
            ?? throw new InvalidOperationException($"The script {name}.lua is not in this assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
