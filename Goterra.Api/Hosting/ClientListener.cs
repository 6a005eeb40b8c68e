using Goterra.Api.Configuration;
using Goterra.Api.Http;
using Goterra.Api.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Goterra.Api.Hosting;

/// <summary>Configures the endpoint for clients: limits, TLS and the monitoring of connections.</summary>
internal static class ClientListener
{
    private static readonly TimeSpan UploadGracePeriod = TimeSpan.FromSeconds(30);

    /// <remarks>Without a certificate, it is plain HTTP.</remarks>
    public static void Add(WebApplicationBuilder builder, ServerOptions options, ServerCertificate? certificate)
    {
        var services = builder.Services;
        if (certificate is not null)
            services.AddSingleton(certificate).AddHosted<CertificateWatch>();
        services.AddSingleton(ConnectionLimits.Of(options.Limits, options.TrustedProxies))
            .AddSingleton<ConnectionLimit>()
            .AddSingleton<IConnectionListenerFactory, LimitedTransport>();
        services.AddSingleton<ClientConnections>();
        services.AddHosted<ConnectionGuard>().AddHosted<UnreachableClients>().AddHosted<ConnectionDrain>();
        services.AddOptions<SocketTransportOptions>().Configure<ConnectionDrain>((transport, drain) =>
            transport.CreateBoundListenSocket = endPoint => drain.Track(KeepAlive.Bind(endPoint)));
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;

            // Each reader of a body has its own limit. Kestrel would close the connection, often before the response
            // has arrived.
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(options.Limits.UploadRate, UploadGracePeriod);
            RequestSize.Configure(kestrel.Limits, options.Limits);
            kestrel.Listen(
                options.Web.Listen, options.Web.Port,
                listen => Configure(listen, kestrel.ApplicationServices, certificate));
        });
    }

    private static void Configure(ListenOptions listen, IServiceProvider services, ServerCertificate? certificate)
    {
        services.GetRequiredService<ClientConnections>().Watch(listen);
        if (certificate is null)
            return;

        PlainHttp.Refuse(listen);
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            OnConnection = _ => new(certificate.ForClients),
            HandshakeTimeout = ConnectionGuard.FirstRequestTimeout,
        });
    }
}
