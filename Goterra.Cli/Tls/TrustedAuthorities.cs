using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Goterra.Cli.Tls;

/// <summary>
/// Trusted CA certificates: those of the platform, or of a file. The static program has
/// TrustedAuthorities.Static.cs instead.
/// </summary>
internal sealed class TrustedAuthorities
{
    private readonly X509Certificate2Collection? _ofFile;

    private TrustedAuthorities(X509Certificate2Collection? ofFile) => _ofFile = ofFile;

    /// <summary>The CAs of the platform, which reads SSL_CERT_FILE and SSL_CERT_DIR by itself.</summary>
    public static TrustedAuthorities OfSystem(Func<string, string?> _) => new(ofFile: null);

    /// <exception cref="CryptographicException">The file contains no certificate, or a damaged one.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file cannot be read.</exception>
    public static TrustedAuthorities OfFile(string path)
    {
        const string Expected = "expected CA certificates in PEM format (-----BEGIN CERTIFICATE-----)";
        var text = File.ReadAllText(path);
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(text);
        }
        catch (CryptographicException e)
        {
            throw new CryptographicException($"a certificate in {path} is damaged; {Expected}", e);
        }

        return certificates.Count > 0
            ? new(certificates)
            : throw new CryptographicException($"there is no certificate in {path}; {Expected}");
    }

    public X509ChainPolicy CreateChainPolicy()
    {
        var policy = new X509ChainPolicy
        {
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        if (_ofFile is not null)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(_ofFile);
        }

        return policy;
    }

    /// <param name="certificate">The server's certificate.</param>
    /// <param name="chain">Built with <see cref="CreateChainPolicy"/>.</param>
    /// <param name="errors">The platform's verdict.</param>
    [SuppressMessage("Performance", "CA1822", Justification = "That of the static program needs the instance.")]
    public bool IsTrusted(X509Certificate2 certificate, X509Chain chain, SslPolicyErrors errors) =>
        !errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors);
}
