using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using CsCheck;
using Goterra.Cli.Tls;

namespace Goterra.Tests.Unit.Cli;

/// <summary>The CAs that the static client selects. TrustTests covers the platform's, in the ordinary build.</summary>
[Trait("Category", "Unit")]
public sealed class StaticTrustTests : IDisposable
{
    private readonly TestAuthority _root = new();
    private readonly TestAuthority _between;
    private readonly TestAuthority _other = new("Another CA");
    private readonly TempFolder _folder = new();

    public StaticTrustTests() => _between = new TestAuthority("Between", _root);

    [Fact]
    public void IsTrusted_IssuedByTheRoot_IfItIsInTheFile()
    {
        using var certificate = _root.Issue();

        Assert.True(IsTrusted(TrustedAuthorities.OfFile(Bundle(_other, _root)), certificate));
        Assert.False(IsTrusted(TrustedAuthorities.OfFile(_other.Path), certificate));
    }

    [Fact]
    public void IsTrusted_IssuedByAnIntermediate_IfItIsSentOrInTheFile()
    {
        using var certificate = _between.Issue();

        Assert.True(IsTrusted(TrustedAuthorities.OfFile(_root.Path), certificate, _between.Certificate));
        Assert.True(IsTrusted(TrustedAuthorities.OfFile(Bundle(_between, _root)), certificate));
        Assert.False(IsTrusted(TrustedAuthorities.OfFile(_root.Path), certificate));
        Assert.False(IsTrusted(TrustedAuthorities.OfFile(_between.Path), certificate));
    }

    [Fact]
    public void IsTrusted_CaWithTheSameNameButAnotherKey_OnlyIfItIsInTheFile()
    {
        using var impostor = new TestAuthority();
        using var certificate = impostor.Issue();

        Assert.False(IsTrusted(TrustedAuthorities.OfFile(_root.Path), certificate));
        Assert.True(IsTrusted(TrustedAuthorities.OfFile(Bundle(_root, impostor)), certificate));
    }

    [Fact]
    public void IsTrusted_IssuerNameEncodedDifferently_IsFound()
    {
        var name = new X500DistinguishedNameBuilder();
        name.Add("2.5.4.3", "TEST  ca", System.Formats.Asn1.UniversalTagNumber.UTF8String);
        using var certificate = _root.Issue(issuer: name.Build());

        Assert.True(IsTrusted(TrustedAuthorities.OfFile(_root.Path), certificate));
    }

    [Fact]
    public void IsTrusted_SystemBundleWithDamagedEntries_FindsTheOthers()
    {
        using var certificate = _root.Issue();
        var bundle = Bundle(_other, _root);
        File.WriteAllText(
            bundle,
            "# Some text\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" + File.ReadAllText(bundle));

        Assert.True(IsTrusted(OfSystem(bundle, "/nonexistent"), certificate));
        Assert.False(IsTrusted(OfSystem(_other.Path, "/nonexistent"), certificate));
    }

    [Fact]
    public void IsTrusted_SystemFolders_AreReadIfTheBundleIsNotSufficient()
    {
        using var certificate = _root.Issue();
        File.Copy(_root.Path, _folder.File("any-name.pem"));

        Assert.True(IsTrusted(OfSystem(_other.Path, $"/nonexistent:{_folder.Path}"), certificate));
    }

    [Theory]
    [InlineData("", "there is no certificate in")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "is damaged")]
    public void OfFile_Unusable_SaysWhy(string content, string words)
    {
        File.WriteAllText(_root.Path, content);

        var exception = Assert.Throws<CryptographicException>(() => TrustedAuthorities.OfFile(_root.Path));

        Assert.Contains(words, exception.Message, StringComparison.Ordinal);
    }

    /// <summary>Whatever is in the files of the machine, only the intact certificates count.</summary>
    [Fact]
    public void All_DamagedCertificatesAndText_NeverThrows()
    {
        using var certificate = _root.Issue();
        var intact = _other.Certificate.RawData;
        var root = Pem(_root.Certificate.RawData);
        var bundle = _folder.File("bundle.pem");
        var edits = Gen.Select(Gen.Int[0, intact.Length - 1], Gen.Byte).Array[1, 6];
        var cut = Gen.Int[0, intact.Length];
        Gen.Select(edits, cut, Gen.Byte.Array[0, 200]).Sample(
            (changes, length, text) =>
            {
                var damaged = intact.ToArray();
                foreach (var (position, value) in changes)
                    damaged[position] = value;
                File.WriteAllBytes(
                    bundle,
                    [.. Pem(damaged), .. text, (byte)'\n', .. Pem(damaged.AsSpan(0, length)), .. root]);

                Assert.True(IsTrusted(OfSystem(bundle, "/nonexistent"), certificate));
                try
                {
                    TrustedAuthorities.OfFile(bundle);
                }
                catch (CryptographicException)
                {
                    // The file contains a damaged certificate.
                }
            },
            iter: 2_000,
            threads: 1);
    }

    public void Dispose()
    {
        _root.Dispose();
        _between.Dispose();
        _other.Dispose();
        _folder.Dispose();
    }

    private static TrustedAuthorities OfSystem(string file, string folders) =>
        TrustedAuthorities.OfSystem(name => name == "SSL_CERT_FILE" ? file : folders);

    private static bool IsTrusted(
        TrustedAuthorities authorities, X509Certificate2 certificate, params X509Certificate2[] sent)
    {
        using var chain = new X509Chain { ChainPolicy = authorities.CreateChainPolicy() };
        chain.ChainPolicy.ExtraStore.AddRange(sent);
        return authorities.IsTrusted(certificate, chain, SslPolicyErrors.RemoteCertificateChainErrors);
    }

    private static byte[] Pem(ReadOnlySpan<byte> certificate) =>
        Encoding.ASCII.GetBytes(PemEncoding.WriteString("CERTIFICATE", certificate) + "\n");

    private string Bundle(params TestAuthority[] authorities)
    {
        var path = _folder.File("bundle.pem");
        File.WriteAllLines(path, authorities.Select(authority => authority.Certificate.ExportCertificatePem()));
        return path;
    }
}
