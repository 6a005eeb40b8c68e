namespace Goterra.Cli.Connection;

/// <summary>The way to the server: by which proxy, and whom to believe at its end.</summary>
/// <param name="Address">Where to.</param>
/// <param name="Proxy">Through what.</param>
/// <param name="Certificates">Null where there is no TLS.</param>
internal sealed record Route(StoreAddress Address, ProxyChoice Proxy, CertificateCheck? Certificates)
{
    private static readonly TimeSpan LongestConnect = TimeSpan.FromSeconds(10);

    public static Route To(StoreAddress address, CliEnvironment environment)
    {
        var target = address.Store();
        return new Route(
            address,
            ProxyChoice.For(target, environment.Variable),
            target.Scheme == Uri.UriSchemeHttps ? CertificateCheck.Of(environment.Variable, environment.Time) : null);
    }

    public SocketsHttpHandler ToHandler()
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false, // the token goes to the host it was given for, and to no other
            UseCookies = false,
            ConnectTimeout = LongestConnect,
            Proxy = Proxy.ToWebProxy(),
            UseProxy = Proxy.Proxy is not null,
        };
        if (Certificates is not null)
            handler.SslOptions = Certificates.ToOptions();
        return handler;
    }
}
