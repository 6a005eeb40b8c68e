using Goterra.Cli.Proxy;
using Goterra.Cli.Runtime;
using Goterra.Cli.Tls;

namespace Goterra.Cli.Http;

/// <summary>How to connect to the server.</summary>
/// <param name="Address">The address of the server.</param>
/// <param name="Proxy">The proxy, if any.</param>
/// <param name="Certificates">Null for plain HTTP.</param>
/// <param name="Addresses">Resolves and connects, to the proxy if there is one.</param>
internal sealed record ServerRoute(
    StoreAddress Address, ProxySelection Proxy, ServerCertificateValidator? Certificates, AddressRace Addresses)
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    /// <summary>A NAT may have forgotten a connection that was idle for longer, without closing it.</summary>
    private static readonly TimeSpan MaxIdle = TimeSpan.FromSeconds(15);

    public static ServerRoute To(StoreAddress address, CliEnvironment environment)
    {
        var target = address.Store();
        var isHttps = target.Scheme == Uri.UriSchemeHttps;
        return new ServerRoute(
            address,
            ProxySelection.For(target, environment.Variable),
            isHttps ? ServerCertificateValidator.Create(environment.Variable, environment.Time) : null,
            new AddressRace(environment.Resolve, environment.Time));
    }

    public SocketsHttpHandler ToHandler()
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false, // the token must not be sent to another host
            UseCookies = false,
            ConnectTimeout = ConnectTimeout,
            ConnectCallback = Addresses.ConnectAsync,
            PooledConnectionIdleTimeout = MaxIdle,
            Proxy = Proxy.ToWebProxy(),
            UseProxy = Proxy.Proxy is not null,
        };
        if (Certificates is not null)
            handler.SslOptions = Certificates.ToOptions();
        return handler;
    }
}
