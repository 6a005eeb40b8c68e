using System.Net;
using System.Security.Cryptography.X509Certificates;
using Goterra.Api.Configuration;

namespace Goterra.Api.Hosting;

/// <summary>
/// <c>goterra-store health</c>: asks the running server whether it is ready. For images that have no curl.
/// </summary>
internal static class HealthCommand
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    public static async Task<int> RunAsync(
        ServerArguments arguments, IReadOnlyDictionary<string, string?> environment, TextWriter output)
    {
        var web = ServerConfiguration.Inspect(arguments, environment, Directory.GetCurrentDirectory()).Web;
        var host = web.Listen switch
        {
            var any when any.Equals(IPAddress.Any) => IPAddress.Loopback,
            var any when any.Equals(IPAddress.IPv6Any) => IPAddress.IPv6Loopback,
            var one => one,
        };
        using var handler = new SocketsHttpHandler { UseProxy = false };
        if (web.Tls is { } tls)
            handler.SslOptions.RemoteCertificateValidationCallback = (_, presented, _, _) => IsOf(tls, presented);
        using var client = new HttpClient(handler) { Timeout = Timeout };
        try
        {
            var url = new UriBuilder(
                web.Tls is null ? Uri.UriSchemeHttp : Uri.UriSchemeHttps, host.ToString(), web.Port, "/health/ready").Uri;
            using var response = await client.GetAsync(url);
            await output.WriteLineAsync(await response.Content.ReadAsStringAsync());
            return response.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            await output.WriteLineAsync(e.InnerException?.Message ?? e.Message);
            return 1;
        }
    }

    /// <summary>
    /// Whether it is the configured certificate, or one of the same key: the server may not have read a new one yet. The
    /// name in it is not that of this address.
    /// </summary>
    private static bool IsOf(TlsOptions tls, X509Certificate? presented)
    {
        using var configured = X509CertificateLoader.LoadCertificateFromFile(tls.Certificate);
        return presented is not null && presented.GetPublicKey().AsSpan().SequenceEqual(configured.GetPublicKey());
    }
}
