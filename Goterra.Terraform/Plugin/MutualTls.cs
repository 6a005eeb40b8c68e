using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Goterra.Terraform.Plugin;

/// <summary>
/// The certificates of both sides of the socket: each accepts that of the other, which it got when the provider
/// started, and no other.
/// </summary>
internal sealed class MutualTls : IDisposable
{
    private const string Host = "localhost";
    private const string ServerUse = "1.3.6.1.5.5.7.3.1";
    private const string ClientUse = "1.3.6.1.5.5.7.3.2";

    private readonly byte[] _client;

    private MutualTls(X509Certificate2 server, byte[] client) => (Server, _client) = (server, client);

    public X509Certificate2 Server { get; }

    /// <param name="clientPem">Terraform's certificate, from PLUGIN_CLIENT_CERT.</param>
    /// <param name="time">For the lifetime of the certificate.</param>
    public static MutualTls Create(string clientPem, TimeProvider time)
    {
        using var client = X509Certificate2.CreateFromPem(clientPem);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={Host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(Host);
        request.CertificateExtensions.Add(names.Build());
        // It is its own root.
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid(ServerUse), new Oid(ClientUse)], false));
        var now = time.GetUtcNow();
        var server = request.CreateSelfSigned(now.AddMinutes(-5), now.AddYears(1));
        return new MutualTls(server, client.RawData);
    }

    public bool IsClient(X509Certificate2 certificate) =>
        CryptographicOperations.FixedTimeEquals(certificate.RawData, _client);

    public void Dispose() => Server.Dispose();
}
