using System.Net;
using System.Security.Cryptography.X509Certificates;
using Goterra.Api.Configuration;

namespace Goterra.Api.Hosting;

/// <summary>Connects commands to the running server on this machine.</summary>
internal static class LocalServer
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    /// <summary>A client for a listener. Over TLS, it accepts only the key of the configured certificate.</summary>
    public static HttpClient Connect(TlsOptions? tls, IPAddress listen, int port)
    {
        var host = listen switch
        {
            var any when any.Equals(IPAddress.Any) => IPAddress.Loopback,
            var any when any.Equals(IPAddress.IPv6Any) => IPAddress.IPv6Loopback,
            var one => one,
        };
        var handler = new SocketsHttpHandler { UseProxy = false };
        if (tls is not null)
        {
            handler.SslOptions.RemoteCertificateValidationCallback = (_, presented, _, _) => IsOf(tls, presented);
        }

        return new HttpClient(handler)
        {
            BaseAddress = new UriBuilder(tls is null ? "http" : "https", host.ToString(), port).Uri,
            Timeout = Timeout,
        };
    }

    /// <summary>
    /// Whether it is the configured certificate, or one of the same key: the server may not have read a new one yet.
    /// The name in it is not that of this address.
    /// </summary>
    private static bool IsOf(TlsOptions tls, X509Certificate? presented)
    {
        using var configured = X509CertificateLoader.LoadCertificateFromFile(tls.Certificate);
        return presented is not null && presented.GetPublicKey().AsSpan().SequenceEqual(configured.GetPublicKey());
    }
}
