using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Goterra.Cli.Tls;

/// <summary>
/// Trusted CA certificates, in PEM, for the static program. Only the issuers of a server's certificate are loaded:
/// parsing the 150 or so CAs of a distribution, as the platform does, takes longer than the rest of the program.
/// </summary>
internal sealed class TrustedAuthorities
{
    /// <summary>Where distributions keep the trusted CAs.</summary>
    private static readonly string[] Bundles =
    [
        "/etc/ssl/certs/ca-certificates.crt", // Debian, Ubuntu, Alpine, Arch
        "/etc/pki/tls/certs/ca-bundle.crt", // Fedora, RHEL, Amazon Linux
        "/etc/ssl/ca-bundle.pem", // openSUSE
        "/etc/pki/tls/cacert.pem", // OpenELEC
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // RHEL 7
        "/etc/ssl/cert.pem", // Alpine without the ca-certificates package
    ];

    /// <summary>Read once: the file may be a pipe, or be replaced while the program runs.</summary>
    private readonly Lazy<byte[]> _bundle;

    /// <summary>Only read if the bundle does not contain the issuer.</summary>
    private readonly string[] _folders;

    private TrustedAuthorities(Lazy<byte[]> bundle, string[] folders) => (_bundle, _folders) = (bundle, folders);

    /// <summary>
    /// The CAs of the machine, or those that SSL_CERT_FILE and SSL_CERT_DIR (folders, separated by colons) name
    /// instead. Unlike OpenSSL, it reads all files of a folder, not only those that are named by a hash.
    /// </summary>
    public static TrustedAuthorities OfSystem(Func<string, string?> variable)
    {
        var file = variable("SSL_CERT_FILE") is { Length: > 0 } given ? given : Bundles.FirstOrDefault(File.Exists);
        var folders = variable("SSL_CERT_DIR") is { Length: > 0 } all ? all : "/etc/ssl/certs";
        return new(
            new(() => file is null ? [] : TryRead(file)), folders.Split(':', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <exception cref="CryptographicException">The file contains no certificate, or a damaged one.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file cannot be read.</exception>
    public static TrustedAuthorities OfFile(string path)
    {
        const string Expected = "expected CA certificates in PEM format (-----BEGIN CERTIFICATE-----)";
        var file = File.ReadAllBytes(path);
        var count = 0;
        foreach (var certificate in new PemCertificates(file))
        {
            count++;
            if (SubjectOf(certificate).IsEmpty)
                throw new CryptographicException($"certificate {count} in {path} is damaged; {Expected}");
        }

        return count > 0
            ? new(new(file), [])
            : throw new CryptographicException($"there is no certificate in {path}; {Expected}");
    }

    [SuppressMessage("Performance", "CA1822", Justification = "That of the ordinary build needs the instance.")]
    public X509ChainPolicy CreateChainPolicy() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust, // IsTrusted adds the trusted CAs
        RevocationMode = X509RevocationMode.NoCheck,
        DisableCertificateDownloads = true,
    };

    /// <param name="certificate">The server's certificate.</param>
    /// <param name="chain">
    /// Built with <see cref="CreateChainPolicy"/>, without any CA; contains the intermediate certificates that the
    /// server has sent.
    /// </param>
    /// <param name="_">The platform's verdict about that chain.</param>
    public bool IsTrusted(X509Certificate2 certificate, X509Chain chain, SslPolicyErrors _)
    {
        var trusted = chain.ChainPolicy.CustomTrustStore;
        trusted.AddRange(IssuersOf(chain.ChainPolicy.ExtraStore.Append(certificate)));
        if (trusted.Count > 0 && chain.Build(certificate))
            return true;
        trusted.AddRange(All());
        return chain.Build(certificate);
    }

    /// <summary>The issuers of the certificates, and their issuers in turn.</summary>
    /// <remarks>
    /// Compares names byte by byte (RFC 5280, 7.1). Names that OpenSSL considers equal in spite of a different encoding
    /// are covered by <see cref="All"/>.
    /// </remarks>
    public X509Certificate2Collection IssuersOf(IEnumerable<X509Certificate2> certificates)
    {
        var found = new X509Certificate2Collection();
        var names = new List<byte[]>();
        foreach (var certificate in certificates)
            AddName(certificate.IssuerName.RawData);
        for (var searched = 0; searched < names.Count; searched++)
        {
            foreach (var certificate in new PemCertificates(_bundle.Value))
            {
                if (!SubjectOf(certificate).SequenceEqual(names[searched]) || TryLoad(certificate) is not { } issuer)
                    continue;
                found.Add(issuer);
                AddName(issuer.IssuerName.RawData);
            }
        }

        return found;

        void AddName(byte[] name)
        {
            if (!names.Exists(known => known.AsSpan().SequenceEqual(name)))
                names.Add(name);
        }
    }

    /// <summary>All readable certificates of the bundle and the folders.</summary>
    public X509Certificate2Collection All()
    {
        var found = new X509Certificate2Collection();
        foreach (var file in _folders.SelectMany(FilesIn).Select(TryRead).Prepend(_bundle.Value))
        {
            foreach (var certificate in new PemCertificates(file))
            {
                if (TryLoad(certificate) is { } authority)
                    found.Add(authority);
            }
        }

        return found;
    }

    private static string[] FilesIn(string folder) => TryRead(() => Directory.GetFiles(folder));

    private static byte[] TryRead(string path) => TryRead(() => File.ReadAllBytes(path));

    private static T[] TryRead<T>(Func<T[]> read)
    {
        try
        {
            return read();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static X509Certificate2? TryLoad(ReadOnlySpan<byte> certificate)
    {
        try
        {
            return X509CertificateLoader.LoadCertificate(certificate);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>The encoded subject (RFC 5280, 4.1); empty if the data is not a certificate.</summary>
    private static ReadOnlySpan<byte> SubjectOf(ReadOnlySpan<byte> certificate)
    {
        try
        {
            var rest = Content(Content(certificate));
            if (rest is [0xA0, ..])
                rest = AfterNext(rest); // the version, absent in version 1
            // serial number, signature algorithm, issuer, validity
            rest = AfterNext(AfterNext(AfterNext(AfterNext(rest))));
            return rest[..^AfterNext(rest).Length];
        }
        catch (AsnContentException)
        {
            return default;
        }
    }

    private static ReadOnlySpan<byte> Content(ReadOnlySpan<byte> sequence)
    {
        AsnDecoder.ReadSequence(sequence, AsnEncodingRules.BER, out var start, out var length, out _);
        return sequence.Slice(start, length);
    }

    private static ReadOnlySpan<byte> AfterNext(ReadOnlySpan<byte> elements)
    {
        AsnDecoder.ReadEncodedValue(elements, AsnEncodingRules.BER, out _, out _, out var length);
        return elements[length..];
    }

    /// <summary>
    /// Enumerates the certificates in a PEM file (RFC 7468). Each is only valid until the next call of MoveNext.
    /// </summary>
    private ref struct PemCertificates(ReadOnlySpan<byte> file)
    {
        private ReadOnlySpan<byte> _rest = file;
        private byte[] _buffer = [];

        public ReadOnlySpan<byte> Current { get; private set; }

        public readonly PemCertificates GetEnumerator() => this;

        public bool MoveNext()
        {
            while (PemEncoding.TryFindUtf8(_rest, out var fields))
            {
                var label = _rest[fields.Label];
                var text = _rest[fields.Base64Data];
                _rest = _rest[fields.Location.End..];
                if (!label.SequenceEqual("CERTIFICATE"u8) && !label.SequenceEqual("X509 CERTIFICATE"u8))
                    continue;
                if (_buffer.Length < fields.DecodedDataLength)
                    _buffer = new byte[Math.Max(4096, fields.DecodedDataLength)];
                _ = Base64.DecodeFromUtf8(text, _buffer, out _, out var length);
                Current = _buffer.AsSpan(0, length);
                return true;
            }

            return false;
        }
    }
}
