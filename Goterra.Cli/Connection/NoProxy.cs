using System.Net;

namespace Goterra.Cli.Connection;

/// <summary>The NO_PROXY list: names (which cover their subdomains), addresses, networks like 10.0.0.0/8, each with a port or without, and `*`.</summary>
internal static class NoProxy
{
    private static readonly char[] Separators = [',', ' ', '\t'];

    public static bool Covers(string list, Uri target) =>
        list.Split(Separators, StringSplitOptions.RemoveEmptyEntries).Any(entry => entry == "*" || CoversOne(entry, target));

    private static bool CoversOne(string entry, Uri target)
    {
        var host = target.Host.Trim('[', ']');
        if (IPAddress.TryParse(host, out var address))
            return CoversAddress(entry, address, target.Port);

        var (name, port) = SplitPort(entry);
        name = name.TrimStart('*').TrimStart('.').TrimEnd('.');
        host = host.TrimEnd('.');
        return name.Length > 0 && (port is null || port == target.Port)
            && (host.Equals(name, StringComparison.OrdinalIgnoreCase) || host.EndsWith("." + name, StringComparison.OrdinalIgnoreCase));
    }

    private static bool CoversAddress(string entry, IPAddress address, int port)
    {
        if (IPNetwork.TryParse(entry, out var network))
            return network.Contains(address);
        if (IPAddress.TryParse(entry.Trim('[', ']'), out var same))
            return same.Equals(address);
        var (host, only) = SplitPort(entry);
        return only == port && IPAddress.TryParse(host.Trim('[', ']'), out same) && same.Equals(address);
    }

    private static (string Host, int? Port) SplitPort(string entry)
    {
        var colon = entry.LastIndexOf(':');
        return colon > 0 && int.TryParse(entry.AsSpan(colon + 1), out var port) ? (entry[..colon], port) : (entry, null);
    }
}
