using System.Net;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Proxy;

/// <summary>
/// Selects the proxy for a URL. Reads the environment like curl and Go: http_proxy, https_proxy, all_proxy and
/// no_proxy, lower case first; loopback addresses are never proxied.
/// </summary>
/// <remarks>.NET's own NO_PROXY supports neither networks nor `*`, nor the subdomains of `example.org`.</remarks>
internal sealed class ProxySelection
{
    private ProxySelection(Uri? proxy, NetworkCredential? login, string? variable, string reason) =>
        (Proxy, Login, Variable, Reason) = (proxy, login, variable, reason);

    /// <summary>Without user and password; null for a direct connection.</summary>
    public Uri? Proxy { get; }

    /// <summary>The environment variable that the proxy comes from.</summary>
    public string? Variable { get; }

    /// <summary>Describes why this proxy was selected, or none.</summary>
    public string Reason { get; }

    private NetworkCredential? Login { get; }

    public static ProxySelection For(Uri target, Func<string, string?> variable)
    {
        var isHttps = target.Scheme == Uri.UriSchemeHttps;
        var (name, text) = First(
            variable, isHttps ? ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] : HttpVariables(variable));
        if (name is null || text is null)
            return Direct($"neither {(isHttps ? "HTTPS_PROXY" : "HTTP_PROXY")} nor ALL_PROXY is set");
        if (target.IsLoopback)
            return Direct($"{target.Host} is a loopback address, so {name} does not apply");
        var (exceptName, except) = First(variable, ["no_proxy", "NO_PROXY"]);
        if (except is not null && NoProxyList.Contains(except, target))
            return Direct($"{exceptName} contains {target.Host}, so {name} does not apply");
        return Parse(name, text);
    }

    /// <summary>The proxy for an HTTP handler; null for a direct connection.</summary>
    public IWebProxy? ToWebProxy()
    {
        if (Proxy is null)
            return null;
        var proxy = new FixedProxy(Proxy);
        if (Login is not null)
        {
            // Only these schemes: a proxy that offers Negotiate first would make .NET load Kerberos.
            var logins = new CredentialCache();
            logins.Add(Proxy, "Basic", Login);
            logins.Add(Proxy, "Digest", Login);
            proxy.Credentials = logins;
        }

        return proxy;
    }

    // In a CGI script, HTTP_PROXY is the `Proxy` header of the request (httpoxy.org).
    private static string[] HttpVariables(Func<string, string?> variable) => variable("REQUEST_METHOD") is null
        ? ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]
        : ["http_proxy", "all_proxy", "ALL_PROXY"];

    private static (string? Name, string? Value) First(Func<string, string?> variable, string[] names)
    {
        foreach (var name in names)
        {
            if (variable(name) is { } value && !string.IsNullOrWhiteSpace(value))
                return (name, value.Trim());
        }

        return default;
    }

    private static ProxySelection Direct(string reason) => new(null, null, null, reason);

    private static ProxySelection Parse(string name, string text)
    {
        var full = text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text;
        if (full.StartsWith("socks5h://", StringComparison.OrdinalIgnoreCase))
            full = "socks5://" + full["socks5h://".Length..];
        if (!Uri.TryCreate(full, UriKind.Absolute, out var uri) || uri.Host.Length == 0
            || uri.Scheme is not ("http" or "https" or "socks4" or "socks4a" or "socks5"))
        {
            throw CliException.Usage($"{name} is not the URL of a proxy, such as http://proxy.example.org:3128");
        }


        var login = uri.UserInfo.Split(':', 2);
        var port = uri.Port < 0 ? 1080 : uri.Port; // SOCKS has no default port in Uri
        return new ProxySelection(
            new Uri($"{uri.Scheme}://{uri.Host}:{port}"),
            uri.UserInfo.Length == 0 ? null : new NetworkCredential(
                Uri.UnescapeDataString(login[0]), Uri.UnescapeDataString(login.ElementAtOrDefault(1) ?? "")),
            name,
            $"from {name}");
    }

    /// <summary>
    /// Instead of <see cref="WebProxy"/>, whose bypass list adds regular expressions (0.4 MB) to the program.
    /// </summary>
    private sealed class FixedProxy(Uri proxy) : IWebProxy
    {
        public ICredentials? Credentials { get; set; }

        public Uri GetProxy(Uri destination) => proxy;

        public bool IsBypassed(Uri host) => false;
    }
}
