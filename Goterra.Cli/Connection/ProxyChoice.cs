using System.Net;

namespace Goterra.Cli.Connection;

/// <summary>
/// Which proxy stands between this machine and an address. The environment is read as curl and Go read it: http_proxy, https_proxy, all_proxy and
/// no_proxy, in small letters first; loopback addresses never go through one.
/// </summary>
/// <remarks>Not the framework's own reading, whose NO_PROXY knows neither networks nor `*`, nor that `example.org` covers its subdomains.</remarks>
internal sealed class ProxyChoice
{
    private ProxyChoice(Uri? proxy, NetworkCredential? login, string? variable, string reason) =>
        (Proxy, Login, Variable, Reason) = (proxy, login, variable, reason);

    /// <summary>Without user and password; null where the way is direct.</summary>
    public Uri? Proxy { get; }

    /// <summary>The variable that names it.</summary>
    public string? Variable { get; }

    /// <summary>For people: why this one, or why none.</summary>
    public string Reason { get; }

    private NetworkCredential? Login { get; }

    public static ProxyChoice For(Uri target, Func<string, string?> variable)
    {
        var (name, text) = First(
            variable, target.Scheme == Uri.UriSchemeHttps ? ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] : HttpVariables(variable));
        if (name is null || text is null)
            return Direct($"neither {(target.Scheme == Uri.UriSchemeHttps ? "HTTPS_PROXY" : "HTTP_PROXY")} nor ALL_PROXY is set");
        if (target.IsLoopback)
            return Direct($"{target.Host} is this machine itself, {name} does not count for it");
        var (exceptName, except) = First(variable, ["no_proxy", "NO_PROXY"]);
        if (except is not null && NoProxy.Covers(except, target))
            return Direct($"{exceptName} covers {target.Host}, {name} does not count for it");
        return Parse(name, text);
    }

    /// <summary>For a handler; null where the way is direct.</summary>
    public IWebProxy? ToWebProxy()
    {
        if (Proxy is null)
            return null;
        var always = new AlwaysThrough(Proxy);
        if (Login is not null)
        {
            // By scheme: with credentials for any, a proxy that offers Negotiate first would have Kerberos loaded.
            var logins = new CredentialCache();
            logins.Add(Proxy, "Basic", Login);
            logins.Add(Proxy, "Digest", Login);
            always.Credentials = logins;
        }

        return always;
    }

    // HTTP_PROXY is what a web server makes of a request's `Proxy` header, where this runs as a CGI script (httpoxy.org).
    private static string[] HttpVariables(Func<string, string?> variable) =>
        variable("REQUEST_METHOD") is null ? ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] : ["http_proxy", "all_proxy", "ALL_PROXY"];

    private static (string? Name, string? Value) First(Func<string, string?> variable, string[] names)
    {
        foreach (var name in names)
        {
            if (variable(name) is { } value && !string.IsNullOrWhiteSpace(value))
                return (name, value.Trim());
        }

        return default;
    }

    private static ProxyChoice Direct(string reason) => new(null, null, null, reason);

    private static ProxyChoice Parse(string name, string text)
    {
        var full = text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text;
        if (full.StartsWith("socks5h://", StringComparison.OrdinalIgnoreCase))
            full = "socks5://" + full["socks5h://".Length..];
        if (!Uri.TryCreate(full, UriKind.Absolute, out var uri) || uri.Host.Length == 0 || uri.Scheme is not ("http" or "https" or "socks4" or "socks4a" or "socks5"))
            throw CliException.Usage($"{name} is not the address of a proxy, like http://proxy.example.org:3128");

        var login = uri.UserInfo.Split(':', 2);
        var port = uri.Port < 0 ? 1080 : uri.Port; // of SOCKS, the only ones without one here
        return new ProxyChoice(
            new Uri($"{uri.Scheme}://{uri.Host}:{port}"),
            uri.UserInfo.Length == 0 ? null : new NetworkCredential(Uri.UnescapeDataString(login[0]), Uri.UnescapeDataString(login.ElementAtOrDefault(1) ?? "")),
            name,
            $"from {name}");
    }

    /// <summary>Not <see cref="WebProxy"/>: its list of exceptions brings all of the regular expressions into the program, 0.4 MB.</summary>
    private sealed class AlwaysThrough(Uri proxy) : IWebProxy
    {
        public ICredentials? Credentials { get; set; }

        public Uri GetProxy(Uri destination) => proxy;

        public bool IsBypassed(Uri host) => false;
    }
}
