using System.Net;

namespace Goterra.Cli.Proxy;

/// <summary>
/// The NO_PROXY list: host names (which include their subdomains), addresses and networks such as 10.0.0.0/8, each with
/// an optional port, and `*`.
/// </summary>
internal static class NoProxyList
{
    private static readonly char[] Separators = [',', ' ', '\t'];

    public static bool Contains(string list, Uri target) =>
        list.Split(Separators, StringSplitOptions.RemoveEmptyEntries).Any(
            entry => entry == "*" || Matches(entry, target));

    private static bool Matches(string entry, Uri target)
    {
        var host = target.Host.Trim('[', ']');
        if (IPAddress.TryParse(host, out var address))
            return MatchesAddress(entry, address, target.Port);

        var (name, port) = SplitPort(entry);
        name = name.TrimStart('*').TrimStart('.').TrimEnd('.');
        host = host.TrimEnd('.');
        return name.Length > 0 && (port is null || port == target.Port)
            && (host.Equals(name, StringComparison.OrdinalIgnoreCase)
                || host.EndsWith("." + name, StringComparison.OrdinalIgnoreCase));
    }

    private static bool MatchesAddress(string entry, IPAddress address, int port)
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
        return colon > 0 && int.TryParse(entry.AsSpan(colon + 1), out var port)
            ? (entry[..colon], port)
            : (entry, null);
    }
}
