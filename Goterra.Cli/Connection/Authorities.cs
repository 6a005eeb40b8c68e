using System.Buffers.Text;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Goterra.Cli.Connection;

/// <summary>
/// CAs that are trusted, in PEM. Of these, only what a server's certificate names is taken in: a distribution brings some 150, and parsing all of
/// them takes longer than everything else that the program does.
/// </summary>
internal sealed class Authorities
{
    /// <summary>Where distributions keep the CAs that they trust.</summary>
    private static readonly string[] Bundles =
    [
        "/etc/ssl/certs/ca-certificates.crt", // Debian, Ubuntu, Alpine, Arch
        "/etc/pki/tls/certs/ca-bundle.crt", // Fedora, RHEL, Amazon Linux
        "/etc/ssl/ca-bundle.pem", // openSUSE
        "/etc/pki/tls/cacert.pem", // OpenELEC
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // RHEL 7
        "/etc/ssl/cert.pem", // Alpine without the package of all CAs
    ];

    /// <summary>Read once: it may be a pipe, or be replaced while the program runs.</summary>
    private readonly Lazy<byte[]> _bundle;

    /// <summary>All their files count, but are read only where the bundle doesn't do.</summary>
    private readonly string[] _folders;

    private Authorities(Lazy<byte[]> bundle, string[] folders) => (_bundle, _folders) = (bundle, folders);

    /// <summary>
    /// Those of the machine, or what SSL_CERT_FILE and SSL_CERT_DIR (folders, with colons between) name in their place. In a folder each file counts, whatever its
    /// name, where OpenSSL wants a hash for one.
    /// </summary>
    public static Authorities OfMachine(Func<string, string?> variable)
    {
        var file = variable("SSL_CERT_FILE") is { Length: > 0 } given ? given : Bundles.FirstOrDefault(File.Exists);
        var folders = variable("SSL_CERT_DIR") is { Length: > 0 } all ? all : "/etc/ssl/certs";
        return new(new(() => file is null ? [] : TryRead(file)), folders.Split(':', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>Those of one file.</summary>
    /// <exception cref="CryptographicException">There is none in it, or something that has the form of a certificate and no name.</exception>
    /// <exception cref="IOException">The file can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public static Authorities OfFile(string path)
    {
        const string Form = "it takes a file of CAs in PEM form (-----BEGIN CERTIFICATE-----)";
        var file = File.ReadAllBytes(path);
        var count = 0;
        foreach (var certificate in new PemCertificates(file))
        {
            count++;
            if (SubjectOf(certificate).IsEmpty)
                throw new CryptographicException($"certificate {count} in {path} is damaged; {Form}");
        }

        return count > 0 ? new(new(file), []) : throw new CryptographicException($"there is no certificate in {path}; {Form}");
    }

    /// <summary>Those who have signed the certificates, and whoever has signed for them.</summary>
    /// <remarks>
    /// Names are compared as bytes, as RFC 5280 (7.1) wants a CA to write its own; where somebody spells them otherwise, and OpenSSL sees that they
    /// are the same, <see cref="All"/> has them.
    /// </remarks>
    public X509Certificate2Collection SignersOf(IEnumerable<X509Certificate2> certificates)
    {
        var found = new X509Certificate2Collection();
        var names = new List<byte[]>();
        foreach (var certificate in certificates)
            Note(certificate.IssuerName.RawData);
        for (var searched = 0; searched < names.Count; searched++)
        {
            foreach (var certificate in new PemCertificates(_bundle.Value))
            {
                if (!SubjectOf(certificate).SequenceEqual(names[searched]) || TryLoad(certificate) is not { } signer)
                    continue;
                found.Add(signer);
                Note(signer.IssuerName.RawData);
            }
        }

        return found;

        void Note(byte[] name)
        {
            if (!names.Exists(known => known.AsSpan().SequenceEqual(name)))
                names.Add(name);
        }
    }

    /// <summary>What can be read of bundle and folders.</summary>
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

    private static string[] FilesIn(string folder)
    {
        try
        {
            return Directory.GetFiles(folder);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static byte[] TryRead(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
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

    /// <summary>The encoded name (RFC 5280, 4.1); empty where this is no certificate.</summary>
    private static ReadOnlySpan<byte> SubjectOf(ReadOnlySpan<byte> certificate)
    {
        try
        {
            var rest = Content(Content(certificate));
            if (rest is [0xA0, ..])
                rest = AfterNext(rest); // the version, absent in the first one
            rest = AfterNext(AfterNext(AfterNext(AfterNext(rest)))); // serial number, signature algorithm, issuer, validity
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

    /// <summary>The certificates in a PEM file (RFC 7468), one after the other, each good until the next one is asked for.</summary>
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
