using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Goterra.Tests.Support;

/// <summary>A test CA, and its PEM file.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("goterra-ca").FullName;

    /// <param name="name">The common name.</param>
    /// <param name="signer">The CA that signs it; null for a root.</param>
    public TestAuthority(string name = "Test CA", TestAuthority? signer = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        Certificate = signer is null
            ? request.CreateSelfSigned(Today.AddYears(-20), Today.AddYears(20))
            : signer.Sign(request, key, -365, 365);
        Path = System.IO.Path.Combine(_folder, "ca.pem");
        File.WriteAllText(Path, Certificate.ExportCertificatePem() + "\n");
    }

    public X509Certificate2 Certificate { get; }

    /// <summary>The PEM file of its certificate, for GOT_CACERT.</summary>
    public string Path { get; }

    private static DateTimeOffset Today => TimeProvider.System.GetUtcNow();

    /// <param name="host">The host name.</param>
    /// <param name="from">The first day of validity, relative to today.</param>
    /// <param name="to">The last day of validity, relative to today.</param>
    /// <param name="purpose">The extended key usage (default: server).</param>
    /// <param name="issuer">Another encoding of this CA's name.</param>
    public X509Certificate2 Issue(
        string host = "localhost",
        int from = -365,
        int to = 365,
        string purpose = "1.3.6.1.5.5.7.3.1",
        X500DistinguishedName? issuer = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], false));
        return Sign(request, key, from, to, issuer);
    }

    /// <summary>A certificate of the same name and key, with another validity.</summary>
    public X509Certificate2 Again(int from, int to)
    {
        using var key = Certificate.GetECDsaPrivateKey() ?? throw new InvalidOperationException("no key");
        var request = new CertificateRequest(Certificate.SubjectName, key, HashAlgorithmName.SHA256);
        foreach (var extension in Certificate.Extensions)
            request.CertificateExtensions.Add(extension);
        return request.CreateSelfSigned(Today.AddDays(from), Today.AddDays(to));
    }

    private X509Certificate2 Sign(
        CertificateRequest request, ECDsa key, int from, int to, X500DistinguishedName? issuer = null)
    {
        using var own = Certificate.GetECDsaPrivateKey() ?? throw new InvalidOperationException("no key");
        // Distinguishes CAs with the same name.
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, true, false));
        using var signed = request.Create(
            issuer ?? Certificate.SubjectName,
            X509SignatureGenerator.CreateForECDsa(own),
            Today.AddDays(from),
            Today.AddDays(to),
            RandomNumberGenerator.GetBytes(8));
        return signed.CopyWithPrivateKey(key);
    }

    public void Dispose()
    {
        Certificate.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
