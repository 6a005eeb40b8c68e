using Goterra.Api.Configuration;
using Goterra.Api.Http;
using Goterra.Api.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Goterra.Api.Hosting;

/// <summary>The address at which clients connect: its limits, TLS, and what watches the connections.</summary>
internal static class ClientListener
{
    private static readonly TimeSpan UploadGracePeriod = TimeSpan.FromSeconds(30);

    /// <param name="builder">What to add it to.</param>
    /// <param name="options">The configuration.</param>
    /// <param name="certificate">Null for plain HTTP.</param>
    public static void Add(WebApplicationBuilder builder, ServerOptions options, ServerCertificate? certificate)
    {
        var services = builder.Services;
        if (certificate is not null)
            services.AddSingleton(certificate).AddHosted<CertificateWatch>();
        if (options.Limits.Connections is { } connections)
            services.AddSingleton(new ConnectionLimit(connections))
                .AddSingleton<IConnectionListenerFactory, ConnectionLimit.Transport>();
        services.AddSingleton(ConnectionShare.Of(options.Limits, options.TrustedProxies));
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
        services.GetService<ConnectionLimit>()?.Watch(listen);
        services.GetRequiredService<ConnectionGuard>().Watch(listen);
        services.GetRequiredService<UnreachableClients>().Watch(listen);
        if (certificate is not null)
            listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                OnConnection = _ => new(certificate.ForClients),
                HandshakeTimeout = ConnectionGuard.FirstRequestTimeout,
            });
    }
}
