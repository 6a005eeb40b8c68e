using Goterra.Cli.Proxy;
using Goterra.Cli.Runtime;
using Goterra.Cli.Tls;

namespace Goterra.Cli.Http;

/// <summary>How to connect to the server.</summary>
/// <param name="Address">The address of the server.</param>
/// <param name="Proxy">The proxy, if any.</param>
/// <param name="Certificates">Null for plain HTTP.</param>
internal sealed record ServerRoute(StoreAddress Address, ProxySelection Proxy, ServerCertificateValidator? Certificates)
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    public static ServerRoute To(StoreAddress address, CliEnvironment environment)
    {
        var target = address.Store();
        var isHttps = target.Scheme == Uri.UriSchemeHttps;
        return new ServerRoute(
            address,
            ProxySelection.For(target, environment.Variable),
            isHttps ? ServerCertificateValidator.Create(environment.Variable, environment.Time) : null);
    }

    public SocketsHttpHandler ToHandler()
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false, // the token must not be sent to another host
            UseCookies = false,
            ConnectTimeout = ConnectTimeout,
            Proxy = Proxy.ToWebProxy(),
            UseProxy = Proxy.Proxy is not null,
        };
        if (Certificates is not null)
            handler.SslOptions = Certificates.ToOptions();
        return handler;
    }
}
