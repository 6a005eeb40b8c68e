using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Goterra.Tests.Cli;

/// <summary>A certificate authority of the tests' own, and its file.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("goterra-ca").FullName;
    private readonly X509Certificate2 _root;

    public TestAuthority(string name = "Test CA")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        _root = request.CreateSelfSigned(Today.AddYears(-20), Today.AddYears(20));
        Path = System.IO.Path.Combine(_folder, "ca.pem");
        File.WriteAllText(Path, _root.ExportCertificatePem() + "\n");
    }

    /// <summary>Its certificate as a file, for GOT_CACERT.</summary>
    public string Path { get; }

    private static DateTimeOffset Today => TimeProvider.System.GetUtcNow();

    /// <param name="host">Whom the certificate is for.</param>
    /// <param name="from">First day on which it is good, counted from today.</param>
    /// <param name="to">The last.</param>
    public X509Certificate2 Issue(string host = "localhost", int from = -365, int to = 365)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        using var signed = request.Create(_root, Today.AddDays(from), Today.AddDays(to), RandomNumberGenerator.GetBytes(8));
        return signed.CopyWithPrivateKey(key);
    }

    public void Dispose()
    {
        _root.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
