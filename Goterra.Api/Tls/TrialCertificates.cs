using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Goterra.Api.Tls;

/// <summary>A private CA in a folder, and server certificates signed by it. For trials and private networks.</summary>
internal sealed class TrialCertificates(string folder, TimeProvider time)
{
    private static readonly TimeSpan AuthorityLifetime = TimeSpan.FromDays(3650);
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(365);
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromDays(1);

    public string AuthorityPath { get; } = Path.Combine(folder, "goterra-ca.pem");

    public string CertificatePath { get; } = Path.Combine(folder, "goterra-server.pem");

    public string KeyPath { get; } = Path.Combine(folder, "goterra-server.key");

    private string AuthorityKeyPath { get; } = Path.Combine(folder, "goterra-ca.key");

    /// <summary>
    /// Creates a server certificate, replacing a previous one. The CA in the folder is used again: clients that trust
    /// it need no new file.
    /// </summary>
    /// <param name="names">Host names and IP addresses of the server, at least one.</param>
    /// <exception cref="CryptographicException">The files of the CA are damaged.</exception>
    public void Create(IReadOnlyList<string> names)
    {
        Directory.CreateDirectory(folder);
        using var authority = OpenOrCreateAuthority();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = Request(names[0], key, isAuthority: false);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address))
                alternatives.AddIpAddress(address);
            else
                alternatives.AddDnsName(name);
        }

        request.CertificateExtensions.Add(alternatives.Build());
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1", "serverAuth")], critical: false));
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));

        var now = time.GetUtcNow();
        var end = now + Lifetime < authority.NotAfter ? now + Lifetime : authority.NotAfter;
        using var certificate = request.Create(authority, now - ClockTolerance, end, NewSerial());

        // The key first: the server reads the pair again when either file has changed.
        Write(KeyPath, key.ExportPkcs8PrivateKeyPem());
        Write(CertificatePath, certificate.ExportCertificatePem(), isPublic: true);
    }

    private X509Certificate2 OpenOrCreateAuthority()
    {
        if (File.Exists(AuthorityPath) && File.Exists(AuthorityKeyPath))
            return X509Certificate2.CreateFromPemFile(AuthorityPath, AuthorityKeyPath);

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = time.GetUtcNow();
        var request =
            Request($"Goterra trial CA {RandomNumberGenerator.GetHexString(8, true)}", key, isAuthority: true);
        var authority = request.CreateSelfSigned(now - ClockTolerance, now + AuthorityLifetime);
        Write(AuthorityKeyPath, key.ExportPkcs8PrivateKeyPem());
        Write(AuthorityPath, authority.ExportCertificatePem(), isPublic: true);
        return authority;
    }

    private static CertificateRequest Request(string name, ECDsa key, bool isAuthority)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(name);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            isAuthority, hasPathLengthConstraint: isAuthority, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(
            isAuthority ? X509KeyUsageFlags.KeyCertSign : X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request;
    }

    // Positive (RFC 5280, section 4.1.2.2).
    private static byte[] NewSerial()
    {
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)((serial[0] & 0x7f) | 0x40);
        return serial;
    }

    // Renamed when complete: a running server may read it at any moment.
    private static void Write(string path, string pem, bool isPublic = false)
    {
        const UnixFileMode ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = isPublic ? ownerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead : ownerOnly;
        var draft = path + ".new";
        File.Delete(draft);
        using (var file = new FileStream(draft, options))
        {
            file.Write(Encoding.ASCII.GetBytes(pem + "\n"));
            file.Flush(flushToDisk: true);
        }

        File.Move(draft, path, overwrite: true);
    }
}
